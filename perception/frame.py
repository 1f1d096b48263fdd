"""One decoded picture of a clip."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(slots=True)
class Frame:
    """A picture as displayed (rotation applied), and what frame-level tools noted on it."""

    index: int  # 0 is the clip's first frame
    time_s: float  # when it is shown, from its presentation timestamp
    duration_s: float  # until the next one is shown
    rgb: npt.NDArray[np.uint8]  # (height, width, 3); all tools share it: copy before drawing on it
    notes: dict[str, Any] = field(default_factory=dict)  # tool name -> what it leaves for the tools that need it
