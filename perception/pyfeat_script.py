"""Run in py-feat's own environment: python -I pyfeat_script.py CLIP TABLE.csv.

Writes a row for each face in each picture: its number, box, score and py-feat's action units. It imports nothing of
Mentalis, whose environment is another.
"""

import csv
import sys

BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore")


def main(clip: str, table: str) -> None:
    """Measure the clip and write the table."""
    import torch
    from feat.data import Fex
    from feat.detector_v2 import Detectorv2

    Fex.compute_identities = lambda self, **options: None  # nobody is recognised: Mentalis follows by place and time
    detector = Detectorv2(device="cuda" if torch.cuda.is_available() else "cpu", identity_model=None)
    found = detector.detect(clip, data_type="video", batch_size=8, progress_bar=False)
    units = [name for name in found.columns if name.startswith("AU") and name[2:].isdigit()]
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("frame", *BOX, *units))
        writer.writerows(found[["frame", *BOX, *units]].to_numpy().tolist())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
