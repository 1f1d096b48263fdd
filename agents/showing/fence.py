"""The delimiter between what is told to a model and what a clip says: data that can't pass for instructions."""

import hashlib
import hmac

LENGTH = 16  # hexadecimal digits: 64 bits can't be guessed by whoever makes a clip


def fence(clip_sha256: str, secret: bytes) -> str:
    """The delimiter of a clip: the same in each call, so that prefixes are shared, and known to this installation only.

    Spotlighting by delimiters (Hines et al. 2024), by HMAC-SHA256 of the clip's hash under the installation's secret.
    """
    return hmac.new(secret, clip_sha256.encode(), hashlib.sha256).hexdigest()[:LENGTH]
