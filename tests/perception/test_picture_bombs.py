"""A picture that is small as a file and huge in memory is refused before it is decoded."""

import pytest
from picture_making import png

from perception.errors import PictureError
from perception.pictures import write_stills


@pytest.mark.parametrize("side", [7_500, 10_000, 20_000])  # Pillow warns of the second, and refuses the third
def test_a_picture_bomb_is_refused(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png(side, side))
    with pytest.raises(PictureError, match=r"bomb\.png: .* too many; make it smaller"):
        write_stills([tmp_path / "bomb.png"], tmp_path / "clip.mkv")
