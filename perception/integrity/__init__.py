"""Whether a clip is a genuine live recording as it left the camera: traces that are measured, never a verdict."""
