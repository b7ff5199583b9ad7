"""Makes brain-vae of the plain people of make_people.py at 4 mm: a linear variational autoencoder, in closed form.

usage: fit_vae.py --cohort DIR [--out DIR]
A VAE whose encoder and decoder are linear has its optimum where probabilistic PCA has it (Tipping & Bishop 1999; Lucas et al. 2019, "Don't
blame the ELBO!"), so nothing is trained by steps. The z-scored scans are averaged over 2³ voxels (8 mm) for the encoder; its means are the
posterior's, its variances are the same for all scans. The decoder draws at 4 mm: a line through the codes for each voxel, by least squares.
Nothing tells the factors what the simulation varies. Writes brain-vae-encoder.onnx (scan → mu, logvar) and brain-vae-decoder.onnx (z →
reconstruction), and prints, of held-out people, the error of reconstruction, R² of each factor of the simulation from all latents (a line
fitted to the training set), and r² with each latent.
"""
import argparse
import json
import math
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

import simulate

LATENTS, SHAPE, CELLS, BACKGROUND = 8, (46, 55, 46), (23, 27, 23), -1.0


def scored(greys):
    """The card's z-score, of all voxels of a scan's own grid; beyond it, where Pellucid pads, is the card's background."""
    own = greys[:45, :54, :45]
    values = numpy.full(greys.shape, BACKGROUND, numpy.float32)
    values[:45, :54, :45] = (own - own.mean(dtype=numpy.float64)) / own.std(dtype=numpy.float64)
    return values


class Scans:
    """The scans of a set, z-scored, and what the simulation knows of them."""

    def __init__(self, folder, kind):
        tables = sorted(folder.glob(f"{kind}.*.tsv"))
        if not tables:
            raise SystemExit(f"{folder}: no {kind}.*.tsv; make_people.py makes them")
        rows = []
        for table in tables:
            names, *lines = (line.split("\t") for line in table.read_text().splitlines())
            rows += [dict(zip(names, line)) for line in lines]
        greys = numpy.concatenate([numpy.load(t.with_suffix(".npy")) for t in tables])
        self.values = torch.from_numpy(numpy.stack([scored(v.astype(numpy.float32)) for v in greys]))[:, None]
        left, right = (numpy.array([sum(float(r[g]) for g in simulate.ATROPHY if g[-1] == side) for r in rows]) for side in "LR")
        self.factors = {"age": numpy.array([float(r["age"]) for r in rows]), "atrophy": left + right, "left less right": left - right}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(math.prod(CELLS), LATENTS)
        self.log_variance = nn.Parameter(torch.zeros(LATENTS))

    def forward(self, x):
        mean = self.mean(torch.flatten(functional.avg_pool3d(x, 2), 1))
        return mean, 0 * mean + self.log_variance


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.draw = nn.Linear(LATENTS, math.prod(SHAPE))

    def forward(self, z):
        return self.draw(z).reshape(-1, 1, *SHAPE)


@torch.no_grad()
def fitted(train):
    encoder, decoder = Encoder(), Decoder()
    x = torch.flatten(functional.avg_pool3d(train.values, 2), 1).double()
    mean = x.mean(0)
    values, vectors = torch.linalg.eigh((x - mean) @ (x - mean).T / len(x))
    values, vectors = values.flip(0), vectors.flip(1)[:, :LATENTS]
    noise = values[LATENTS:].sum() / (x.shape[1] - LATENTS)
    axes = (x - mean).T @ vectors / torch.sqrt(len(x) * values[:LATENTS])         # of unit length
    scale = torch.sqrt(values[:LATENTS] - noise)                                  # W = axes · scale
    weight = axes.T * (scale / values[:LATENTS])[:, None]                         # M⁻¹Wᵀ, M = WᵀW + σ²
    encoder.mean.weight.copy_(weight)
    encoder.mean.bias.copy_(-weight @ mean)
    encoder.log_variance.copy_(torch.log(noise / values[:LATENTS]))
    codes = torch.cat([encoder(train.values)[0], torch.ones(len(x), 1)], 1).double()
    lines = torch.linalg.lstsq(codes, torch.flatten(train.values, 1).double()).solution
    decoder.draw.weight.copy_(lines[:-1].T)
    decoder.draw.bias.copy_(lines[-1])
    return encoder.eval(), decoder.eval()


@torch.no_grad()
def measured(encoder, decoder, train, test):
    codes = [encoder(s.values)[0].double().numpy() for s in (train, test)]
    error = ((decoder(encoder(test.values)[0]) - test.values) ** 2).sum()
    spread = ((test.values - train.values.mean(0)) ** 2).sum()
    found = {"people": len(codes[1]), "rms error (sd)": round(float(torch.sqrt(error / test.values.numel())), 4),
             "part of the variance about the mean scan": round(float(1 - error / spread), 4), "factors": {}}
    probes = [numpy.hstack([c, numpy.ones((len(c), 1))]) for c in codes]
    for name, truth in test.factors.items():
        line = numpy.linalg.lstsq(probes[0], train.factors[name], rcond=None)[0]
        rest = truth - probes[1] @ line
        found["factors"][name] = {"all latents, R2": round(1 - float((rest ** 2).sum() / ((truth - truth.mean()) ** 2).sum()), 3),
                                  "each latent, r2": [round(float(numpy.corrcoef(c, truth)[0, 1]) ** 2, 3) for c in codes[1].T]}
    return found | {"deviation of each latent": [round(float(v), 3) for v in codes[1].std(0)]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    train, test = (Scans(options.cohort, f"plain-{kind}") for kind in ("train", "test"))
    encoder, decoder = fitted(train)
    print(json.dumps(measured(encoder, decoder, train, test), indent=1))
    for half, name, x, inputs, outputs in (
            (encoder, "encoder", torch.zeros(1, 1, *SHAPE), ["scan"], ["mu", "logvar"]),
            (decoder, "decoder", torch.zeros(1, LATENTS), ["z"], ["reconstruction"])):
        torch.onnx.export(half, x, str(options.out / f"brain-vae-{name}.onnx"), dynamo=False, opset_version=17,
                          input_names=inputs, output_names=outputs, dynamic_axes={n: {0: "N"} for n in inputs + outputs})


if __name__ == "__main__":
    main()
