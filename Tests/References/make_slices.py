"""Writes Tests/FiguresTests/Fixtures/oblique_slices.tsv: slices through an oblique, anisotropic volume as nibabel resamples them.

Needs numpy, scipy and nibabel. The volume is value = 100·sin(i) + 7·j·cos(k) + k², rounded to float32, made again by the test.
"""
import pathlib
import numpy as np
import nibabel as nib
import scipy
from nibabel.processing import resample_from_to

SHAPE = (14, 11, 9)
ROTATION = nib.eulerangles.euler2mat(0.4, -0.3, 0.2)
AFFINE = np.eye(4)
AFFINE[:3, :3] = ROTATION @ np.diag([-2.0, 1.5, 3.0])
AFFINE[:3, 3] = [12.5, -9.25, -14.0]


def main():
    i, j, k = np.indices(SHAPE)
    voxels = (100 * np.sin(i) + 7 * j * np.cos(k) + k * k).astype(np.float32)
    image = nib.Nifti1Image(voxels, AFFINE)
    out = pathlib.Path(__file__).parent.parent / "FiguresTests" / "Fixtures" / "oblique_slices.tsv"
    with out.open("w") as file:
        file.write(f"# nibabel {nib.__version__}, scipy {scipy.__version__}: order, x, y, z (mm), axis across the slice, value\n")
        file.write("# affine " + " ".join(repr(float(v)) for v in AFFINE[:3].ravel()) + "\n")
        for order in (0, 1):
            # A regular grid of 1.3 mm around the middle of the volume, one slice a plane.
            centre = (AFFINE @ np.append((np.array(SHAPE) - 1) / 2, 1))[:3]
            for axis in range(3):
                shape = [13, 13, 13]
                shape[axis] = 1
                target = np.diag([1.3, 1.3, 1.3, 1.0])
                target[:3, 3] = np.round(centre) - 1.3 * (np.array(shape) - 1) / 2
                got = resample_from_to(image, (tuple(shape), target), order=order, cval=np.nan).get_fdata()
                for place in np.ndindex(*shape):
                    world = target @ np.append(place, 1)
                    value = got[place]
                    file.write(f"{order}\t" + "\t".join(f"{w:.6f}" for w in world[:3]) + f"\t{axis}\t{value:.5f}\n")


if __name__ == "__main__":
    main()
