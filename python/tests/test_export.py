"""Modules that are written and answer the same, and modules that are refused; only where torch is installed."""

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")
nn = torch.nn


class Small(nn.Module):
    """A classifier with what such networks have: strided convolutions, BatchNorm, dropout, pooling, a dense end."""

    def __init__(self, channels=1, classes=3, end=None):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv3d(channels, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2),
            nn.Conv3d(4, 8, 3, stride=2, padding=1), nn.ELU(), nn.Dropout(0.5), nn.AdaptiveAvgPool3d(1),
        )  # fmt: skip
        self.end = nn.Linear(8, classes)
        self.last = end or nn.Identity()

    def forward(self, x):
        x = self.features(x)
        return self.last(self.end(x.view(x.size(0), -1)))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def example(channels=1):
    return torch.randn(1, channels, 12, 14, 10)


@pytest.mark.parametrize("channels", [1, 2])
def test_scores_are_the_modules(elsewhere, channels):
    net, x = Small(channels), example(channels)
    net.train()
    path = pellucid.export(net, x, "net.onnx", card={"output": {"classes": ["CN", "MCI", "AD"]}})
    assert net.training and net.features[6].training
    assert sorted(entry.name for entry in path.resolve().parent.iterdir()) == ["net.onnx", "net.yaml"]
    assert "classes: " in path.with_suffix(".yaml").read_text()
    import nibabel as nib

    data = np.moveaxis(x[0].numpy(), 0, -1)
    scan = nib.Nifti1Image(data if channels > 1 else data[..., 0], np.eye(4))
    answer = pellucid.predict(scan, path)
    net.eval()
    assert np.allclose(answer["scores"], net(x).detach().numpy()[0], atol=1e-5)
    assert answer["classes"] == ["CN", "MCI", "AD"]


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.Sigmoid()])
def test_modules_that_end_in_probabilities(elsewhere, end):
    assert pellucid.export(Small(end=end), example(), "net.onnx").exists()


def test_card_to_fill_in_is_a_card(elsewhere):
    path = pellucid.export(Small(), example(), "net.onnx")
    assert "normalization" in path.with_suffix(".yaml").read_text()
    pellucid.run("inspect", path)


def test_operator_without_a_counterpart(elsewhere):
    class Odd(Small):
        def forward(self, x):
            return torch.linalg.svdvals(super().forward(x)[None])[0, None] * super().forward(x)

    with pytest.raises(pellucid.PellucidError) as caught:
        pellucid.export(Odd(), example(), "net.onnx")
    line = str(caught.value)
    assert "\n" not in line and "svd" in line and "TorchScript" in line
    assert list((elsewhere / "cwd").iterdir()) == []


def test_other_scores_are_refused(elsewhere):
    """What is decided in Python on a value is frozen in the file: another example than the trace's shows it."""

    class Counting(Small):
        calls = 0

        def forward(self, x):
            Counting.calls += 1
            return super().forward(x) * float(Counting.calls)

    with pytest.raises(pellucid.PellucidError, match="the scores differ"):
        pellucid.export(Counting(), example(), "net.onnx")
    assert list((elsewhere / "cwd").iterdir()) == []


def test_other_gradients_are_refused(elsewhere):
    """Equal scores, but the module's gradient is stopped on one way."""

    class Stopped(Small):
        def forward(self, x):
            return super().forward(x) + super().forward(x).detach()

    with pytest.raises(pellucid.PellucidError, match="gradient differs"):
        pellucid.export(Stopped(), example(), "net.onnx")


def test_rounding_of_the_modules_own_gradient():
    """What is allowed beyond 1e-3 is what single precision makes of the module itself, and never much."""
    from pellucid import _export

    class Coarse(Small):
        steps = 3e3  # its values keep 2e-4 or so: some cross zero, where the gradient jumps

        def forward(self, x):
            return super().forward(torch.relu((x + self.steps) - self.steps))

    class Single(Small):
        def forward(self, x):
            assert x.dtype == torch.float32
            return super().forward(x)

    torch.manual_seed(3)
    image = 1e-3 * torch.randn(1, 1, 12, 14, 10)
    fine, coarse, single = (_export._Expected(kind().eval(), image, torch)._rounding() for kind in (Small, Coarse, Single))
    assert fine < 1e-5 and single == 0
    assert 1e-3 < coarse <= _export._MOST_ROUNDING


def test_examples_that_are_none(elsewhere):
    with pytest.raises(pellucid.PellucidError, match=r"\[1, C, D, H, W\]"):
        pellucid.export(Small(), torch.zeros(12, 14, 10), "net.onnx")
    with pytest.raises(pellucid.PellucidError, match="net.onnx"):
        pellucid.export(Small(), example(), "net.pt")


def test_monai(elsewhere):
    nets = pytest.importorskip("monai.networks.nets")
    net = nets.DenseNet(spatial_dims=3, in_channels=1, out_channels=2, init_features=8, growth_rate=4, block_config=(2, 2), bn_size=2)
    assert pellucid.export(net, torch.randn(1, 1, 24, 24, 24), "dense.onnx").exists()
