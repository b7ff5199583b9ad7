"""Ten lines with an installed wheel: PyTorch's logits, and a map whose parts are the table's."""

import json
import sys
from pathlib import Path

import numpy as np

import pellucid

given = sys.argv[1]
answer = pellucid.predict(f"{given}/scan.nii.gz", f"{given}/cnn.onnx")
expected = json.loads(Path(given, "expected.json").read_text())["cnn"]
assert np.allclose(answer["scores"], expected, atol=1e-5), (answer["scores"], expected)
result = pellucid.explain(pellucid.sample_image, pellucid.sample_model, "lrp", atlas="aal", target="AD")
assert np.isclose(result.map.get_fdata().sum(), sum(row["sum"] for row in result.regions), rtol=1e-4)
assert [row["name"] for row in result.regions if row["rank_by_mean"] == 1] == ["Amygdala_L"]
print("PyTorch's logits:", answer["scores"], "| relevance", float(result.map.get_fdata().sum()), "of logit", result.record["score_value"])
