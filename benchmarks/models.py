"""Makes the networks and images of the comparison with random weights; statistics of BatchNormalization as after training.

    python models.py FOLDER
"""
import pathlib
import sys

import monai
import nibabel as nib
import numpy as np
import torch
from torch import nn


def settle(model):
    """Gives BatchNormalization statistics and weights as a trained network has."""
    for m in model.modules():
        if isinstance(m, nn.BatchNorm3d):
            m.running_mean.normal_(0, .1)
            m.running_var.uniform_(.5, 1.5)
            m.weight.data.uniform_(.7, 1.3)
            m.bias.data.normal_(0, .1)
    return model.eval()


def rieke():
    """Rieke et al. 2018 at full resolution."""
    layers, channels = [], 1
    for out, pool in ((8, 2), (16, 3), (32, 2), (64, 3)):
        layers += [nn.Conv3d(channels, out, 3), nn.BatchNorm3d(out), nn.ReLU(), nn.MaxPool3d(pool)]
        channels = out
    body = nn.Sequential(*layers, nn.Flatten()).eval()
    size = body(torch.zeros(1, 1, 193, 229, 193)).shape[1]
    return nn.Sequential(body, nn.Linear(size, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2))


def sfcn():
    """Peng et al. 2021."""
    layers, channels = [], 1
    for out in (32, 64, 128, 256, 256):
        layers += [nn.Conv3d(channels, out, 3, padding=1), nn.BatchNorm3d(out), nn.MaxPool3d(2), nn.ReLU()]
        channels = out
    layers += [nn.Conv3d(channels, 64, 1), nn.BatchNorm3d(64), nn.ReLU(), nn.AvgPool3d((5, 6, 5)), nn.Conv3d(64, 40, 1), nn.LogSoftmax(1)]
    return nn.Sequential(*layers)


class Swin(nn.Module):
    """MONAI's Swin transformer, the encoder of SwinUNETR, its last stage pooled and classified."""

    def __init__(self):
        super().__init__()
        from monai.networks.nets.swin_unetr import SwinTransformer

        self.net = SwinTransformer(in_chans=1, embed_dim=24, window_size=(7, 7, 7), patch_size=(2, 2, 2), depths=(2, 2, 2, 2),
                                   num_heads=(3, 6, 12, 24), spatial_dims=3)
        self.head = nn.Linear(384, 2)

    def forward(self, x):
        return self.head(self.net(x)[-1].mean((2, 3, 4)))


class ViT(nn.Module):
    """MONAI's ViT, its tokens averaged and classified."""

    def __init__(self):
        super().__init__()
        self.net = monai.networks.nets.ViT(in_channels=1, img_size=(64, 72, 64), patch_size=(8, 8, 8), hidden_size=384, mlp_dim=1536,
                                           num_layers=12, num_heads=6, classification=False, spatial_dims=3)
        self.head = nn.Linear(384, 2)

    def forward(self, x):
        return self.head(self.net(x)[0].mean(1))


NETWORKS = {
    'rieke': (rieke, (193, 229, 193)),
    'sfcn': (sfcn, (160, 192, 160)),
    'resnet18': (lambda: monai.networks.nets.resnet18(spatial_dims=3, n_input_channels=1, num_classes=2), (96, 96, 96)),
    'resnet50': (lambda: monai.networks.nets.resnet50(spatial_dims=3, n_input_channels=1, num_classes=2), (96, 96, 96)),
    'densenet121': (lambda: monai.networks.nets.DenseNet121(spatial_dims=3, in_channels=1, out_channels=2), (96, 96, 96)),
    'swin': (Swin, (64, 72, 64)),
    'vit': (ViT, (64, 72, 64)),
}


def make(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        for name, (build, shape) in NETWORKS.items():
            if (folder / f'{name}.pt').exists():
                continue
            torch.manual_seed(0)
            model, image = settle(build()), torch.randn(1, 1, *shape)
            torch.onnx.export(model, image, folder / f'{name}.onnx', opset_version=17, input_names=['image'], output_names=['scores'],
                              # Its windows are traced for one image.
                              dynamic_axes=None if name == 'swin' else {'image': {0: 'N'}, 'scores': {0: 'N'}}, dynamo=False)
            nib.save(nib.Nifti1Image(image[0, 0].numpy(), np.eye(4)), folder / f'{name}.nii')
            torch.save(model, folder / f'{name}.pt')


if __name__ == '__main__':
    import models  # so that the classes above are pickled as this file's, not as those of whatever program runs
    models.make(sys.argv[1])
