// Does with two JavaScript clients what a partner's program would do, and prints what came of it.
// Usage: node exercise.mjs BASE TOKEN

import { createRequire } from "node:module";
import * as kit from "fhir-kit-client";

const FhirKitClient = kit.Client ?? kit.FhirKitClient;
const FHIR = createRequire(import.meta.url)("fhirclient");
const [base, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };

const person = (family) => ({
  resourceType: "Patient",
  identifier: [{ system: "urn:example:client", value: family }],
  name: [{ family, given: ["Robin"] }],
  gender: "other",
});

async function fhirKitClient() {
  const client = new FhirKitClient({ baseUrl: base, customHeaders: headers });
  const statement = await client.capabilityStatement();
  const made = await client.create({ resourceType: "Patient", body: person("Kitson") });
  const read = await client.read({ resourceType: "Patient", id: made.id });
  const changed = await client.update({
    resourceType: "Patient",
    id: made.id,
    body: { ...read, active: true },
  });
  const patched = await client.patch({
    resourceType: "Patient",
    id: made.id,
    jsonPatch: [{ op: "replace", path: "/active", value: false }],
    options: { headers: { "Content-Type": "application/json-patch+json" } },
  });
  const found = await client.search({
    resourceType: "Patient",
    searchParams: { family: "Kitson", _count: 1 },
  });
  const posted = await client.search({
    resourceType: "Patient",
    searchParams: { family: "Kitson" },
    options: { postSearch: true },
  });
  const past = await client.history({ resourceType: "Patient", id: made.id });
  const second = await client.vread({ resourceType: "Patient", id: made.id, version: "2" });
  const batch = await client.batch({
    body: {
      resourceType: "Bundle",
      type: "batch",
      entry: [{ request: { method: "GET", url: `Patient/${made.id}` } }],
    },
  });
  const done = await client.transaction({
    body: {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        {
          fullUrl: "urn:uuid:0a0a0a0a-0000-4000-8000-000000000001",
          resource: person("Kitto"),
          request: { method: "POST", url: "Patient" },
        },
      ],
    },
  });
  const everything = await client.operation({
    name: "$everything",
    resourceType: "Patient",
    id: made.id,
    method: "GET",
  });
  await client.delete({ resourceType: "Patient", id: made.id });
  const gone = await client
    .read({ resourceType: "Patient", id: made.id })
    .catch((error) => error.response.status);
  return {
    fhirVersion: statement.fhirVersion,
    family: read.name[0].family,
    active: [changed.active, patched.active, second.active],
    found: found.total,
    posted: posted.total,
    versions: past.entry.length,
    batch: batch.entry[0].response.status.slice(0, 3),
    transaction: done.entry[0].response.status.slice(0, 3),
    everything: everything.resourceType,
    gone,
  };
}

async function smartClient() {
  const client = FHIR({ headers: {}, protocol: "http", url: "/", get: () => "" }, {}).client({
    serverUrl: base,
    tokenResponse: { access_token: token },
  });
  const made = await client.create(person("Smartson"));
  const read = await client.request(`Patient/${made.id}`);
  const changed = await client.update({ ...read, active: true });
  const pages = [];
  for (const family of ["Smartson2", "Smartson3", "Smartson4"]) {
    await client.create(person(family));
  }
  await client.request("Patient?family=Smartson&_count=2", {
    pageLimit: 0,
    onPage: (page) => pages.push(page.entry.length),
  });
  const flat = await client.request("Patient?family=Smartson&_count=2", { flat: true, pageLimit: 0 });
  const version = await client.getFhirVersion();
  await client.delete(`Patient/${made.id}`);
  return { family: read.name[0].family, active: changed.active, pages, flat: flat.length, version };
}

const doneBy = { "fhir-kit-client": fhirKitClient, fhirclient: smartClient };
const came = {};
for (const [name, run] of Object.entries(doneBy)) {
  came[name] = await run();
}
console.log(JSON.stringify(came));
