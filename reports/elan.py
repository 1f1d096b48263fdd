"""A report as an ELAN annotation file (.eaf): a tier per person and kind of statement."""

from collections import defaultdict
from xml.etree import ElementTree as Xml

from agents.report import Report

SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
TYPE = "statement"


def eaf(report: Report) -> str:
    """ELAN's XML (EAF 3.0); overlapping statements of one kind go to tiers of their own, as ELAN demands."""
    tiers = _tiers(report)
    ms = sorted({t for rows in tiers.values() for start, end, _ in rows for t in (start, end)})
    slots = {t: f"ts{n}" for n, t in enumerate(ms, start=1)}
    attributes = {"AUTHOR": "Mentalis", "DATE": "1970-01-01T00:00:00+00:00", "FORMAT": "3.0", "VERSION": "3.0"}
    attributes |= {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "xsi:noNamespaceSchemaLocation": SCHEMA}
    root = Xml.Element("ANNOTATION_DOCUMENT", attributes)
    header = Xml.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    media = {
        "MEDIA_URL": f"./{report.clip.name}",
        "MIME_TYPE": "video/mp4",
        "RELATIVE_MEDIA_URL": f"./{report.clip.name}",
    }
    Xml.SubElement(header, "MEDIA_DESCRIPTOR", media)
    order = Xml.SubElement(root, "TIME_ORDER")
    for t in ms:
        Xml.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slots[t], "TIME_VALUE": str(t)})
    count = 0
    for name, rows in tiers.items():
        tier = Xml.SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": TYPE, "TIER_ID": name})
        for start, end, text in rows:
            count += 1
            ref = {"ANNOTATION_ID": f"a{count}", "TIME_SLOT_REF1": slots[start], "TIME_SLOT_REF2": slots[end]}
            annotation = Xml.SubElement(Xml.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", ref)
            Xml.SubElement(annotation, "ANNOTATION_VALUE").text = _printable(text)
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": TYPE, "TIME_ALIGNABLE": "true"}
    Xml.SubElement(root, "LINGUISTIC_TYPE", kind)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _tiers(report: Report) -> dict[str, list[tuple[int, int, str]]]:
    statements: list[tuple[str | None, str, float, float, str]] = [
        (c.person, c.level, c.start_s, c.end_s, f"{c.label}: {c.text}") for c in report.claims if not c.abstained
    ]
    statements += [(o.person, o.kind, o.start_s, o.end_s, o.text) for o in report.evidence.observations]
    tiers: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for person, kind, start_s, end_s, text in sorted(statements, key=lambda s: (s[0] or "", s[1], s[2])):
        start, end = round(start_s * 1000), max(round(end_s * 1000), round(start_s * 1000) + 1)
        base = f"{person or 'clip'} {kind}"
        name, n = base, 1
        while tiers[name] and tiers[name][-1][1] > start:
            n += 1
            name = f"{base} ({n})"
        tiers[name].append((start, end, text))
    return dict(tiers)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c in "\n\t")
