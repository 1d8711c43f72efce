// Keys, focus after a swap, drafts, and the warning before the session ends. No page needs it.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const body = document.body;
  const seen = (el) => el.getClientRects().length > 0;
  const typing = (el) => el.matches("textarea,select,[contenteditable],input:not([type=radio],[type=checkbox],[type=submit],[type=button])");
  const say = (text) => { const status = $("#status"); if (status) status.textContent = text; };

  // One tab stop for a list: the current row. j and k, or the arrows inside it, move.
  const rows = () => all("[data-roving] > *").filter((row) => $("a", row));
  const current = () => rows().find((row) => row.contains(document.activeElement)) || rows().find((row) => row.dataset.at) || null;
  const rove = (row) => rows().forEach((other) => {
    if (other === row) other.dataset.at = "1"; else delete other.dataset.at;
    all("a,button,input,summary", other).forEach((el) => { el.tabIndex = other === row ? 0 : -1; });
  });
  const step = (by) => {
    const list = rows();
    const now = list.indexOf(current());
    const row = list[Math.min(Math.max(now < 0 ? 0 : now + by, 0), list.length - 1)];
    if (row) { rove(row); $("a", row).focus(); }
  };

  const choose = (el) => {
    if (el.matches("fieldset")) ($(":checked", el) || $("input", el)).focus();
    else if (el.matches("summary")) {
      el.click();
      const field = el.parentNode.open && all("input:not([type=hidden]),select,textarea", el.parentNode)[0];
      if (field) field.focus();
    } else if (el.matches("[type=radio],[type=checkbox]")) {
      el.click();
      const set = el.closest("[data-then]");
      (set && $("#" + set.dataset.then) || el).focus();
    } else if (typing(el)) { el.focus(); if (el.select) el.select(); } else el.click();
  };

  // Questions: a key answers and goes on to the next open one, Enter skips, b goes back. Without focus:
  // the first open one. An old answer is open until somebody says that it is still true.
  const questions = () => all("[data-q]").filter(seen);
  const isOpen = (q) => q.matches("[data-old]") || (!$("input:checked", q) && !all(".i", q).some((el) => el.value));
  const open = () => questions().find(isOpen);
  const after = (id) => questions().find((q) => isOpen(q) && $("#" + id) && $("#" + id).compareDocumentPosition(q) & Node.DOCUMENT_POSITION_FOLLOWING && !$("#" + id).contains(q));
  const done = (el) => el.matches("#next-part,#finish");
  const asked = (target) => target.closest("[data-q]") || ((target === body || done(target)) && open()) || null;
  const field = (q) => $("input:checked", q) || $("input:not([type=hidden]),select,textarea", q);
  let ended = "";
  const onward = (from, by, skip) => {
    const list = questions();
    const to = skip ? list.slice(list.indexOf(from) + 1).find(isOpen) : list[list.indexOf(from) + by];
    const el = to ? field(to) : by > 0 && $("#next-part,#finish");
    ended = to ? "" : from.parentNode.id;
    if (el) el.focus();
  };
  const answer = (q, event) => {
    const { key, target } = event;
    if (key === "Enter" && !target.matches("textarea,button,a,summary")) onward(q, 1);
    else if (typing(target) || body.dataset.keys === "off") return false;
    else if (key === "b") onward(q, -1);
    else {
      const el = all(`[data-key~="${CSS.escape(key)}"]`, q)[0];
      if (!el) return false;
      el.click();
      const sure = q.matches("[data-old]") && $("[name$='!confirmed']", q);
      if (sure && !sure.checked) sure.click();
      if (!q.matches("[data-many]") && key !== "Backspace" && !el.matches("button")) onward(q, 1, true);
    }
    event.preventDefault();
    return true;
  };

  let going = 0;
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.form) {
      event.preventDefault();
      target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const q = asked(target);
    if (q && answer(q, event)) return;
    if (key === "Escape" && typing(target)) { target.blur(); step(0); return; }
    if (typing(target) || body.dataset.keys === "off") return;
    let el;
    if (going && Date.now() - going < 1500) el = $(`[data-go="${CSS.escape(key)}"]`);
    else if (key === "?") el = $("#keys-open");
    else if (key === "j" || key === "k") { step(key === "j" ? 1 : -1); event.preventDefault(); return; }
    else if ((key === "ArrowDown" || key === "ArrowUp") && target.closest("[data-roving]")) { step(key === "ArrowDown" ? 1 : -1); event.preventDefault(); return; }
    else if (key === "x") { const row = current(); el = row && $("[type=checkbox]", row); if (el) { el.click(); event.preventDefault(); } return; }
    else {
      // Several questions on a page share the digits: the one that has the focus comes first.
      const named = `[data-key~="${CSS.escape(key)}"]`;
      const own = target.closest("fieldset");
      el = [...(own ? all(named, own) : []), ...all(named).filter((one) => !one.closest("[data-q]"))].find(seen);
    }
    going = key === "g" && !going ? Date.now() : 0;
    if (el) { event.preventDefault(); choose(el); }
  });

  // Text typed but not saved is kept on the server, never in the browser.
  const fields = (form) => Object.fromEntries([...new FormData(form)].filter(([name]) => !/^(csrf|next$|if_match$)/.test(name) && $(`[name="${name}"]:not([type=hidden])`, form)));
  const send = (key, content) => {
    const csrfmiddlewaretoken = $("[name=csrfmiddlewaretoken]").value;
    return fetch("/drafts", { method: "POST", body: new URLSearchParams({ key, content, csrfmiddlewaretoken }), keepalive: true }).catch(() => 0);
  };
  const restore = async (form) => {
    form.dataset.ready = "1";
    const answer = await fetch("/drafts?key=" + encodeURIComponent(form.dataset.draft)).catch(() => null);
    if (!answer || answer.status !== 200) return;
    for (const [name, value] of Object.entries(await answer.json())) {
      for (const el of all(`[name="${CSS.escape(name)}"]`, form)) {
        if (el.matches("[type=radio],[type=checkbox]")) el.checked = el.value === value; else if (!el.value) el.value = value;
      }
    }
    if (!$("#status").textContent.trim()) say(body.dataset.restored);
  };
  const timers = new WeakMap();
  const keep = (form) => {
    if (!form || !form.dataset.draft) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => send(form.dataset.draft, JSON.stringify(fields(form))), 1500));
  };
  document.addEventListener("input", (event) => keep(event.target.form));
  // A form that was sent as a page: its draft is forgotten when the next page shows no error.
  document.addEventListener("submit", ({ target }) => {
    clearTimeout(timers.get(target));
    if (target.dataset.draft) sessionStorage.setItem("sent", target.dataset.draft);
  });
  const settle = () => {
    const key = sessionStorage.getItem("sent");
    sessionStorage.removeItem("sent");
    if (!key || $("#errors,.bad")) return;
    all("form[data-draft]").filter((form) => form.dataset.draft === key).forEach((form) => { form.dataset.ready = "1"; });
    if ($("[name=csrfmiddlewaretoken]")) send(key, "");
  };

  // Without a secure connection a browser has no clipboard; the text is on the page to be marked.
  const copy = async (text) => {
    const done = await (navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject()).then(() => 1, () => 0);
    say(done ? body.dataset.copied : body.dataset.uncopied);
  };

  // The session's end is announced two minutes before.
  let ending = 0;
  const watch = () => {
    const left = Number(body.dataset.expires);
    const box = $("#expiry");
    if (!box || !left) return;
    clearTimeout(ending);
    box.hidden = true;
    ending = setTimeout(() => { box.hidden = false; }, Math.max(left - 120, 5) * 1000);
  };
  document.addEventListener("click", (event) => {
    if (event.target.id === "stay") fetch("/stay").then(watch).catch(() => say(body.dataset.failed));
    const row = event.target.closest("[data-roving] > *");
    if (row) rove(row);
    if (event.target.dataset.copy) copy(event.target.dataset.copy);
  });

  const ready = () => {
    rove(rows().find((row) => row.matches(".on")) || current() || rows()[0]);
    all("form[data-draft]").filter((form) => !form.dataset.ready).forEach(restore);
    const q = document.activeElement === body && open();
    if (q) field(q).focus({ preventScroll: q === questions()[0] });
    const more = ended && done(document.activeElement) && after(ended);
    if (more) { ended = ""; field(more).focus(); }
  };
  const aim = (event) => {
    const { target } = event.detail.ctx;
    return typeof target === "string" ? $(target) : target;
  };
  // After 400 ms the status says that something loads; then it says again what it said before.
  let slow = 0, waiting = 0, kept = null;
  document.addEventListener("htmx:before:request", (event) => {
    const target = aim(event);
    if (!target || !["work", "panel", "main"].includes(target.id)) return;
    target.setAttribute("aria-busy", "true");
    clearTimeout(slow);
    waiting += 1;
    slow = setTimeout(() => { kept = [...$("#status").childNodes]; say(body.dataset.loading); }, 400);
  });
  document.addEventListener("htmx:finally:request", () => {
    waiting = Math.max(waiting - 1, 0);
    if (waiting) return;
    clearTimeout(slow);
    if (kept && $("#status").textContent === body.dataset.loading) $("#status").replaceChildren(...kept);
    kept = null;
    all("[aria-busy]").forEach((el) => el.removeAttribute("aria-busy"));
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement: form, response } = event.detail.ctx;
    if (form.dataset.draft) sessionStorage.removeItem("sent");
    if (form.dataset.draft && response && response.status < 400) send(form.dataset.draft, "");
    watch();
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const { response } = event.detail.ctx;
    if (response && response.status >= 400 && response.status !== 422 && !String(event.detail.ctx.text).includes("<hx-partial")) {
      event.preventDefault();
      say(body.dataset.failed);
    }
  });
  document.addEventListener("htmx:error", (event) => {
    say(body.dataset.failed);
    const form = (event.detail.ctx || {}).sourceElement || event.target;
    if (form.matches("[data-draft]")) { sessionStorage.removeItem("sent"); keep(form); }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = aim(event);
    const at = target && target.id && $("#" + target.id);
    if (!at || at.id === "news") return;
    if (at.id === "alarm" && at.children[1]) at.scrollIntoView({ block: "nearest" });
    const panel = $("#panel");
    if (at === panel) rows().forEach((row) => row.classList.toggle("on", row.id === "w-" + panel.dataset.item));
    ready();
    const focus = at.matches("[data-focus]") ? at : $("[data-focus]", at);
    if (focus) focus.focus();
  });
  // What is new is asked for once a minute, only while somebody is there: resting still signs out.
  let moved = false;
  for (const name of ["pointermove", "keydown", "scroll"]) document.addEventListener(name, () => { moved = true; }, { passive: true });
  setInterval(() => {
    if (moved && !document.hidden && $("#news")) htmx.trigger("#news", "news");
    moved = false;
  }, 60000);
  settle();
  ready();
  watch();
})();
