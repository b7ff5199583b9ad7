"""Which voxels and which brain regions made a 3D MRI classifier decide as it did.

A thin module around the program ``pellucid``, which the wheel brings:

>>> import pellucid
>>> result = pellucid.explain("patient.nii.gz", "cnn.onnx", "lrp", atlas="aal", target="AD")
>>> result.map        # relevance on the scan's own grid, a nibabel image
>>> result.regions    # a table, a row a region
"""

from __future__ import annotations

from importlib.metadata import version as _version

from ._errors import PellucidError, PellucidWarning
from ._explain import explain, predict
from ._export import export
from ._result import Result, Results
from ._tool import run, sample_image, sample_model

__version__ = _version("pellucid")
__all__ = [
    "PellucidError",
    "PellucidWarning",
    "Result",
    "Results",
    "explain",
    "export",
    "predict",
    "run",
    "sample_image",
    "sample_model",
]
