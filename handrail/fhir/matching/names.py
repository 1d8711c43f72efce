"""Names as they are compared: without case and accents, with their short forms, letter by letter.

The nicknames are common ones in the United States, English and Spanish.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from rapidfuzz.distance import JaroWinkler

_PLAIN: Final = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th"}
)
_BETWEEN: Final = re.compile(r"[^\w]+|_")

_NICKNAMES: Final = """
abigail abby gail
alexander alejandro alex sandy xander
alexandra alejandra alex sandra sandy
andrew andres andy drew
anthony antonio tony
barbara barb babs
benjamin ben benny
catherine katherine kathryn catalina kate kathy katie kitty cathy
charles carlos charlie chuck
christina cristina chris tina
christopher cristobal chris kit topher
daniel dan danny
david dave davy
deborah debra deb debbie
donald don donny
dorothy dot dottie
edward eduardo ed eddie ned ted
elizabeth isabel beth betsy betty eliza lisa liz lizzie
emily em
eugene gene
florence flo
frances francisca fran fanny
francis francisco frank paco pancho
frederick federico fred freddy
gerald jerry gerry
gloria glo
gregory greg
guadalupe lupe
henry enrique hank harry
jacob jake
james jaime jim jimmy jamie
janet jan
jeffrey geoffrey jeff geoff
jennifer jen jenny
jessica jess jessie
john juan jack johnny
jonathan jon
joseph jose joe joey pepe
josephine josefina jo josie
joshua josh
judith judy
kenneth ken kenny
kimberly kim
lawrence lorenzo larry
leonard leonardo leo len
louis luis lou louie
louise luisa lou
margaret margarita maggie meg peggy rita
maria mary mia molly polly
matthew mateo matt
michael miguel mike mickey
nancy nan
nathaniel nathan nate nat
nicholas nicolas nick
pamela pam
patricia pat patty tricia trish
patrick pat paddy
peter pedro pete
philip felipe phil
raymond ramon ray
rebecca becky
richard ricardo dick rick ricky rich
robert roberto bob bobby rob robbie beto
ronald ron ronnie
rosa rose rosie
samuel sam sammy
samantha sam
stephen steven esteban steve
susan susana sue susie
teresa theresa terry tere
theodore ted teddy
thomas tomas tom tommy
timothy tim
vincent vicente vince
victoria vicky tori
virginia ginny
william guillermo will bill billy liam memo
zachary zach
"""


@cache
def _families() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _NICKNAMES.split("\n"):
        names = line.split()
        for name in names:
            found.setdefault(name, set()).update(names)
    return {name: frozenset(names) for name, names in found.items()}


def plain(text: str) -> str:
    """Return ``text`` in small letters without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Return the words of a text, plain."""
    return [word for word in _BETWEEN.split(plain(text)) if word]


def also_called(name: str) -> frozenset[str]:
    """Return a plain given name with the names it may stand for or be shortened to."""
    return _families().get(name, frozenset()) | {name}


def alike(one: str, other: str) -> float:
    """Return how alike two plain words are, 0 to 1 (Jaro and Winkler)."""
    return float(JaroWinkler.normalized_similarity(one, other))
