"""The networks of the package open-rppg (Kegang Wang, PyPI), which brings their weights: ME, FacePhys, PhysMamba ..."""

import numpy as np
import numpy.typing as npt

from perception.errors import OptionError, ToolError
from perception.pulse_methods import GRID_HZ
from perception.pulse_networks import OPEN_RPPG_MODEL, Source, mirrored_halves

Floats = npt.NDArray[np.floating]


class OpenRppg:
    """One of its models, ready for `waves`."""

    batch = 1

    def __init__(self, source: Source) -> None:
        """Load it; compiling takes 10-80 s of the first chunk.

        Raises:
            ToolError: the package can't be imported.
            OptionError: it has no model of this name.
        """
        self.name, self.kind = source.name, source.kind
        try:
            import rppg
        except ImportError as error:
            raise ToolError(f"rppg.engine={source.name}: open-rppg can't be imported: {error}") from error
        model = source.name.partition(":")[2] or OPEN_RPPG_MODEL
        if model not in rppg.supported_models:
            raise OptionError(f"open-rppg has no model {model!r}; it has: {', '.join(rppg.supported_models)}")
        self._package, self._model = rppg, model

    def waves(self, chunks: npt.NDArray[np.uint8]) -> Floats:
        """Waves (batch, 2 halves, frames) of chunks (batch, frames, side, side, 3), in any unit."""
        return np.stack([[self._wave(half) for half in mirrored_halves(chunk)] for chunk in chunks])

    def _wave(self, pictures: npt.NDArray[np.uint8]) -> Floats:
        model = self._package.Model(self._model)  # a model carries its state over from the pictures before
        model.process_faces_tensor(pictures, fps=GRID_HZ)
        wave, times_s = model.bvp(raw=True)
        if len(wave) < 2:
            return np.zeros(len(pictures))
        return np.interp(np.arange(len(pictures)) / GRID_HZ, times_s, np.asarray(wave, dtype=np.float64))
