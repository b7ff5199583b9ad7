"""Prints the control points in Sources/Figures/ColourMap+Catalogue.swift and writes Tests/FiguresTests/Fixtures/colour_maps.tsv.

Needs numpy and matplotlib. The table holds matplotlib's own values (0…255) at 64 places of every map that carries its name.
"""
import pathlib
import numpy as np
import matplotlib
from matplotlib import colormaps

LISTED = {"viridis": 33, "inferno": 33, "magma": 33, "plasma": 65, "cividis": 65, "coolwarm": 33}
COMPARED = ["gray", "hot", *LISTED, "RdBu", "RdBu_r", "PuOr", "PuOr_r", "bwr", "seismic", "YlOrRd", "Blues"]


def control_points(name, count):
    table = colormaps[name](np.arange(256))[:, :3]
    places = np.linspace(0, 255, count)
    return np.array([np.interp(places, np.arange(256), table[:, c]) for c in range(3)]).T


def oklab_to_srgb(lightness, a, b):
    """Björn Ottosson's Oklab, https://bottosson.github.io/posts/oklab/ (public domain)."""
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return np.array([
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s])


def largest_chroma(lightness, hue):
    low, high = 0.0, 0.4
    for _ in range(40):
        chroma = (low + high) / 2
        rgb = oklab_to_srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))
        if (rgb >= -1e-4).all() and (rgb <= 1 + 1e-4).all():
            low = chroma
        else:
            high = chroma
    return low


def arm(hues, count=9, dark=0.38, light=0.91):
    """From a dark neutral to a light saturated colour, lightness even in Oklab: the same on both arms."""
    colours = []
    for t in np.linspace(0, 1, count):
        lightness = dark + (light - dark) * t
        hue = np.radians(np.interp(t, np.linspace(0, 1, len(hues)), hues))
        chroma = min(largest_chroma(lightness, hue), 0.24 * min(1, t / 0.2))
        linear = np.clip(oklab_to_srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue)), 0, 1)
        colours.append(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
    return np.array(colours)


def frostfire():
    return np.vstack([arm([270, 262, 250, 225, 200])[::-1], arm([15, 28, 40, 75, 102])[1:]])


def hexadecimal(colours):
    return " ".join("%02x%02x%02x" % tuple(np.round(255 * c).astype(int)) for c in colours)


if __name__ == "__main__":
    print("matplotlib", matplotlib.__version__)
    for name, count in LISTED.items():
        print(name, hexadecimal(control_points(name, count)), sep="\n")
    print("frostfire", hexadecimal(frostfire()), sep="\n")
    out = pathlib.Path(__file__).parent.parent / "FiguresTests" / "Fixtures" / "colour_maps.tsv"
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w") as file:
        file.write(f"# matplotlib {matplotlib.__version__}: map, place (0…1), red, green, blue (0…255)\n")
        for name in COMPARED:
            for place in np.linspace(0, 1, 64):
                rgb = np.array(matplotlib.colormaps[name](min(int(place * 256), 255))[:3]) * 255
                file.write(f"{name}\t{place:.6f}\t" + "\t".join(f"{v:.2f}" for v in rgb) + "\n")
