"""Radiology's abbreviations for the ear: which are spelled, which are said, and the sides where a letter can be nothing else.

Sources: the abbreviations that report templates of the RSNA (radreport.org) and the ACR's reporting systems use. What
means two things in a report is spelled or left as written, never guessed.
"""

from __future__ import annotations

import re

#: Spelled, letter by letter. A word of everyday English (``DIP``, ``STIR``) is not here: a report may be all capitals.
_SPELLED = frozenset(
    {
        *("CT", "CTA", "CTV", "CTP", "MR", "MRI", "MRA", "MRV", "MRCP", "PET", "PE", "DVT", "IV", "ICH", "SAH", "SDH", "EDH"),
        *("IVH", "AAA", "MCA", "ACA", "PCA", "ICA", "LVO", "TIA", "CVA", "RV", "LV", "IVC", "SVC", "SMA", "IMA", "ED", "ER"),
        *("ICU", "CHF", "COPD", "GI", "GU", "BP", "CSF", "CVC", "NPH", "SI", "AC", "LAD", "RCA", "AV", "VP", "TB", "HCC"),
        *("CCA", "ECA", "SFA", "CFA", "DWI", "ADC", "SWI", "AVM", "AVF", "EVD", "NG", "OG", "LP", "PA", "AP", "EF", "LVEF"),
        *("CBD", "UVJ", "UPJ", "IUP", "IUGR", "TOA", "ACL", "PCL", "MCL", "LCL", "MCP", "PIP", "CMC", "ORIF", "CABG", "TEE"),
        *("MVC", "MVA", "GSW", "UTI", "AKI", "CKD", "ESRD", "GCS", "NIHSS", "TPA", "TNK", "ARDS", "LN", "RA", "NICU", "RVR"),
        *("SUV", "LR", "GFR", "EGFR", "INR", "HU", "FNA", "PSV", "OA"),
    }
)  # fmt: skip
_SAID = {
    "XR": "X ray", "CXR": "chest X ray", "US": "ultrasound", "NM": "nuclear medicine", "KUB": "abdomen X ray",
    "RUL": "right upper lobe", "RML": "right middle lobe", "RLL": "right lower lobe",
    "LUL": "left upper lobe", "LLL": "left lower lobe",
    "RUQ": "right upper quadrant", "LUQ": "left upper quadrant",
    "RLQ": "right lower quadrant", "LLQ": "left lower quadrant",
    "RUE": "right upper extremity", "LUE": "left upper extremity",
    "RLE": "right lower extremity", "LLE": "left lower extremity",
    "SBO": "small bowel obstruction", "LBO": "large bowel obstruction", "ETT": "endotracheal tube",
    "NGT": "nasogastric tube", "PICC": "pick line", "PTX": "pneumothorax", "PNA": "pneumonia",
    "GGO": "ground-glass opacity", "FLAIR": "flair", "SUVMAX": "S U V max",
    "FX": "fracture", "HX": "history", "WO": "without", "BILAT": "bilateral",
    "W/O": "without", "S/P": "status post", "R/O": "rule out", "C/W": "consistent with", "H/O": "history of",
    "F/U": "follow-up", "B/L": "bilateral", "D/T": "due to", "D/W": "discussed with", "A/W": "associated with",
    "C/O": "complains of", "C/B": "complicated by", "E/O": "evidence of", "Y/O": "year old",
}  # fmt: skip
#: Abbreviations in whatever case they are written; any other is one in capitals only ("us" is no ultrasound).
_ANY_CASE = frozenset({"FX", "HX", "BILAT", "SUVMAX", *(short for short in _SAID if "/" in short)})
#: The reporting systems, by how radiologists say them; the number that follows stays as written.
_SYSTEMS = {
    "bi-rads": "bye rads", "birads": "bye rads", "li-rads": "lie rads", "lirads": "lie rads", "ti-rads": "tie rads",
    "tirads": "tie rads", "pi-rads": "pie rads", "pirads": "pie rads", "o-rads": "oh rads", "lung-rads": "lung rads",
    "lungrads": "lung rads", "cad-rads": "cad rads", "c-rads": "see rads", "aspects": "aspects",
}  # fmt: skip
_VOWELS = frozenset("AEIOUY")

#: What there is two of: beside one of these words, and nowhere else, an R or an L alone is a side. ``L spine`` and ``L
#: facet`` may be lumbar, and are left as written.
_ORGAN = (
    r"(?:acetabul|adnex|adrenal|ankle|apex|apical|arm|atri|axill|brachial|breast|calcane|calf|carotid|cerebell|clavicle|"
    r"elbow|femor|femur|fibul|finger|flank|foot|forearm|frontal|globe|groin|hand|heel|hemi|hilar|hip|humer|iliac|inguinal|"
    r"jugular|kidney|knee|leg\b|lung|mandib|mastoid|maxill|occipital|orbit|ovar|parietal|parotid|patell|pleural|popliteal|"
    r"pulmonary|radial|radius|renal|rib|scapul|shoulder|subclavian|subdural|temporal|testi|thigh|thumb|tibi|toe|tubal|ulna|"
    r"ureter|ventric|vertebral arter|wrist|ACA\b|ICA\b|MCA\b|PCA\b|SDH\b|EDH\b|CCA\b|UVJ\b|UPJ\b|PTX\b)"
)
_PART = (
    rf"(?:(?:proximal |distal |mid |internal |common |superficial |deep |posterior |anterior )*{_ORGAN}|mainstem|"
    r"(?:upper|middle|lower) (?:lobe|lung|quadrant|extremity|pole|zone|arm|leg))"
)
_SIDES = {"R": "right", "L": "left", "RT": "right", "LT": "left"}
_MORE = {"<": "less than", ">": "more than"}
_SIDE = r"(?:\(([RL])\)|([RL]|[RL][Tt])\b\.?)(?![-/\w])"
#: ``5 L pleural fluid`` is five liters: after a number no letter is a side.
_BEFORE_PART = re.compile(rf"(?<![\w/.-])(?<!\d )(?<!grade ){_SIDE}(?=\s(?i:{_PART}))")
_AFTER_PART = re.compile(rf"(?<=\s){_SIDE}(?=\s*(?:$|[,;.)]))")
_PART_AT_END = re.compile(rf"(?:^|[^A-Za-z]){_ORGAN}[a-z]*\s$", re.IGNORECASE)
_COMPARED = re.compile(r"(?<![\w/.-])([RL])\s?([<>])\s?([RL])(?![-/\w])")

_WITH_AND_WITHOUT = re.compile(r"(?<![\w/])W(?:\s*/\s*|\s*&\s*|\s+AND\s+|\s+)W/?O(?![\w/])", re.IGNORECASE)
_WITHOUT = re.compile(r"(?<![\w/])w/out(?!\w)", re.IGNORECASE)
_WITH = re.compile(r"(?<![\w/])w/(?:\s+|$|(?=[A-Za-z]{2}))", re.IGNORECASE)
_SYSTEM = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_SYSTEMS, key=len, reverse=True))})(?![A-Za-z])", re.IGNORECASE)
_LI_RADS = re.compile(r"\bLR-(?=\d)")
_BESIDE = re.compile(r"(?<=[A-Za-z]{2})/(?=[A-Za-z]{2})")
_WORD = re.compile(r"(?<![\w/])(?:[A-Za-z]/[A-Za-z](?![\w/])|[A-Za-z]+(?!\w))")


def sides(text: str) -> str:
    """Return the text with R and L as sides where they stand beside what there is two of, or are compared."""
    text = _COMPARED.sub(lambda match: f"{_SIDES[match[1]]} {_MORE[match[2]]} {_SIDES[match[3]]}", text)
    text = _BEFORE_PART.sub(_side, text)
    return _AFTER_PART.sub(lambda match: _side(match) if _PART_AT_END.search(text[: match.start()]) else match[0], text)


def _side(match: re.Match[str]) -> str:
    return _SIDES[(match[1] or match[2]).upper()]


def systems(text: str) -> str:
    """Return the text with the reporting systems as they are said."""
    return _SYSTEM.sub(lambda match: _SYSTEMS[match[0].lower()], _LI_RADS.sub("LR ", text))


def words(text: str, *, shouted: bool) -> str:
    """Return the text with each abbreviation spelled or said; ``shouted``: it was all capitals."""
    text = _WITH_AND_WITHOUT.sub("with and without", text)
    text = _WITH.sub("with ", _WITHOUT.sub("without", text))
    return _WORD.sub(lambda match: _word(match.group(), shouted=shouted), _BESIDE.sub(", ", text)).strip()


def _word(word: str, *, shouted: bool) -> str:
    upper = word.upper()
    is_one = word == upper or upper in _ANY_CASE
    if is_one and upper in _SAID:
        return _SAID[upper]
    if is_one and upper in _SPELLED:
        return " ".join(upper)
    if shouted and not set(word) & _VOWELS and len(word) > 1 and word == upper:
        return " ".join(word)  # no word of ours: whatever it means, its letters are said
    return word.lower() if shouted and word == upper else word
