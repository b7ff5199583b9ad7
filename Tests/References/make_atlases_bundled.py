#!/usr/bin/env python3
"""Makes the folders atlases/NAME/ from Debian's package mricron-data.

    apt-get install mricron-data; pip install numpy nibabel
    python3 Tests/References/make_atlases_bundled.py [TEMPLATES]        # default: /usr/share/mricron/templates

Each folder gets the label image, labels.tsv (index, name, hemisphere, color) and the card atlas.yaml. The image is the package's
file byte for byte, but where its header is at odds with itself: then the voxels are kept and the header is mended, and the card says
so. Every label of the image is named and every name has voxels, or the script stops; so does it where a name's side is not the side
of the region's voxels in the world.
"""
import colorsys
import gzip
import pathlib
import shutil
import sys

import nibabel
import numpy

TEMPLATES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/mricron/templates")
ATLASES = pathlib.Path(__file__).resolve().parents[2] / "atlases"
COPYRIGHT = pathlib.Path("/usr/share/doc/mricron-data/copyright")
LICENCE = "BSD-3-Clause, as Debian's mricron-data distributes it (NOTICE.mricron-data)"

# The order of FSL's HarvardOxford-Cortical.xml, shifted by one: label 1 is the first name.
HARVARD_OXFORD = """Frontal Pole|Insular Cortex|Superior Frontal Gyrus|Middle Frontal Gyrus
Inferior Frontal Gyrus, pars triangularis|Inferior Frontal Gyrus, pars opercularis|Precentral Gyrus|Temporal Pole
Superior Temporal Gyrus, anterior division|Superior Temporal Gyrus, posterior division
Middle Temporal Gyrus, anterior division|Middle Temporal Gyrus, posterior division
Middle Temporal Gyrus, temporooccipital part|Inferior Temporal Gyrus, anterior division
Inferior Temporal Gyrus, posterior division|Inferior Temporal Gyrus, temporooccipital part|Postcentral Gyrus
Superior Parietal Lobule|Supramarginal Gyrus, anterior division|Supramarginal Gyrus, posterior division|Angular Gyrus
Lateral Occipital Cortex, superior division|Lateral Occipital Cortex, inferior division|Intracalcarine Cortex
Frontal Medial Cortex|Juxtapositional Lobule Cortex (formerly Supplementary Motor Cortex)|Subcallosal Cortex
Paracingulate Gyrus|Cingulate Gyrus, anterior division|Cingulate Gyrus, posterior division|Precuneous Cortex
Cuneal Cortex|Frontal Orbital Cortex|Parahippocampal Gyrus, anterior division
Parahippocampal Gyrus, posterior division|Lingual Gyrus|Temporal Fusiform Cortex, anterior division
Temporal Fusiform Cortex, posterior division|Temporal Occipital Fusiform Cortex|Occipital Fusiform Gyrus
Frontal Operculum Cortex|Central Opercular Cortex|Parietal Operculum Cortex|Planum Polare
Heschl's Gyrus (includes H1 and H2)|Planum Temporale|Supracalcarine Cortex|Occipital Pole""".replace("\n", "|").split("|")

CARDS = {
    "aal": dict(
        image="aal.nii.gz", lut=None, title="Automated Anatomical Labelling (AAL), 116 regions, 1 mm",
        space="MNI (Colin27), mm, RAS+; on the grid of MRIcron's ch2 template", version="1 (2002)",
        citation="Tzourio-Mazoyer et al. 2002, NeuroImage 15:273-289, doi:10.1006/nimg.2001.0978"),
    "harvard-oxford-cortical": dict(
        image="HarvardOxford-cort-maxprob-thr0-1mm.nii.gz", lut=None,
        title="Harvard-Oxford cortical structures, 48 regions, maximum probability without threshold, 1 mm",
        space="MNI152 (6th generation), mm, RAS+", version="FSL 3.3 or later (maxprob-thr0)",
        citation="Desikan et al. 2006, NeuroImage 31:968-980, doi:10.1016/j.neuroimage.2006.01.021; "
                 "Makris et al. 2006, Schizophr Res 83:155-171; Frazier et al. 2005, Am J Psychiatry 162:1256-1265; "
                 "Goldstein et al. 2007, Biol Psychiatry 61:935-945",
        remark="A region holds both hemispheres, as the image stores it. FSL's own copy comes under FSL's licence."),
    "jhu-white-matter": dict(
        image="JHU-WhiteMatter-labels-1mm.nii.gz", lut=None, title="JHU ICBM-DTI-81 white-matter labels, 48 tracts, 1 mm",
        space="MNI152, mm, RAS+", version="ICBM-DTI-81",
        citation="Mori et al. 2008, NeuroImage 40:570-582, doi:10.1016/j.neuroimage.2007.12.035",
        affine=[[-1, 0, 0, 90], [0, 1, 0, -126], [0, 0, 1, -72], [0, 0, 0, 1]],
        remark="The package's header mirrors the image (its 'R' tracts at x < 0); the voxels fit the MNI152 template only from "
               "right to left (LAS, as FSL stores it), so the header here says that; names and voxels are unchanged."),
    "brodmann": dict(
        image="brodmann.nii.gz", lut="brodmann.nii.lut", title="Brodmann areas, 41 regions, 1 mm",
        space="MNI (Colin27), mm, RAS+; on the grid of MRIcron's ch2 template", version="MRIcron's",
        citation="Brodmann 1909; drawn on Colin27 as distributed with MRIcron: Rorden and Brett 2000, Behav Neurol 12:191-200",
        remark="A region holds both hemispheres; areas 12 to 16, 31 and 33 are not drawn."),
    "aicha": dict(
        image="AICHAmc.nii.gz", lut="AICHAmc.nii.lut",
        title="Atlas of Intrinsic Connectivity of Homotopic Areas (AICHA), 192 homotopic pairs, 2 mm", space="MNI152, mm, RAS+",
        version="1, as MRIcron's AICHAmc", citation="Joliot et al. 2015, J Neurosci Methods 254:46-59, "
        "doi:10.1016/j.jneumeth.2015.07.013", remark="A region is a homotopic pair, left and right together."),
}


def names(atlas, present):
    """label -> name."""
    if atlas == "harvard-oxford-cortical":
        return {n + 1: name for n, name in enumerate(HARVARD_OXFORD)}
    if atlas == "brodmann":
        return {n: f"Brodmann area {n}" for n in present}
    out = {}
    for line in (TEMPLATES / CARDS[atlas]["image"].replace(".gz", ".txt")).read_text().splitlines():
        fields = line.split()
        if fields and int(fields[0]) > 0:
            out[int(fields[0])] = fields[1]
    return out


LOBES = {  # the first word or words of a name decide; the longest that fits counts
    "aal": {
        "Frontal": "Precentral Frontal Rolandic Supp_Motor Olfactory Rectus Paracentral", "Parietal": "Postcentral Parietal SupraMarginal Angular Precuneus",
        "Temporal": "Temporal Heschl Fusiform", "Occipital": "Calcarine Cuneus Lingual Occipital", "Limbic": "Cingulum Hippocampus ParaHippocampal Amygdala",
        "Insula": "Insula", "Subcortical": "Caudate Putamen Pallidum Thalamus", "Cerebellum": "Cerebelum Vermis"},
    "harvard-oxford-cortical": {
        "Frontal": "Frontal Superior_Frontal Middle_Frontal Inferior_Frontal Precentral Juxtapositional Subcallosal Central_Opercular",
        "Parietal": "Postcentral Superior_Parietal Supramarginal Angular Precuneous Parietal",
        "Temporal": "Temporal_Pole Temporal_Fusiform Temporal_Occipital Superior_Temporal Middle_Temporal Inferior_Temporal Planum Heschl",
        "Occipital": "Lateral_Occipital Intracalcarine Cuneal Lingual Occipital Supracalcarine", "Limbic": "Paracingulate Cingulate Parahippocampal",
        "Insula": "Insular"},
}


def lobe(atlas, name):
    """The lobe of a region, for the atlases that have them."""
    found = [(len(word), lobe) for lobe, words in LOBES[atlas].items() for word in words.split() if name.replace(" ", "_").startswith(word)]
    return max(found)[1]


def side(voxels, affine):
    """L or R where at least 85 % of the voxels lie there, else B (medial regions of AAL cross the midline by up to 12 % of theirs)."""
    x = nibabel.affines.apply_affine(affine, voxels)[:, 0]
    if abs(x.mean()) < 2:
        return "B"
    return "L" if (x <= 0).mean() > 0.85 else "R" if (x >= 0).mean() > 0.85 else "B"


def colour(n, lut):
    """The package's colour table, or hues by the golden ratio where its table repeats colours or is not there."""
    if lut is not None:
        return "#%02x%02x%02x" % (lut[n], lut[256 + n], lut[512 + n])
    r, g, b = colorsys.hsv_to_rgb(n * 0.618034 % 1, 0.55 + 0.2 * (n % 3), 0.95 - 0.15 * (n // 3 % 3))
    return "#%02x%02x%02x" % (round(255 * r), round(255 * g), round(255 * b))


def place(source, target, affine):
    """Copies an image; where its qform and sform disagree or an affine is given, both are set to that or to the sform."""
    image = nibabel.load(source)
    header = image.header
    if affine is None and (not header["qform_code"] or numpy.allclose(header.get_qform(), header.get_sform(), atol=1e-3)):
        shutil.copyfile(source, target)
        return "unchanged"
    voxels = numpy.asanyarray(image.dataobj)
    right = nibabel.Nifti1Image(voxels, header.get_sform() if affine is None else numpy.array(affine, float), header)
    right.set_sform(right.affine, int(header["sform_code"]))
    right.set_qform(right.affine, int(header["sform_code"]))
    target.write_bytes(gzip.compress(right.to_bytes(), 9, mtime=0))
    assert (numpy.asanyarray(nibabel.load(target).dataobj) == voxels).all()
    return "voxels unchanged, " + ("the header's orientation mended" if affine else "the header's qform set to its sform")


def make(atlas, card):
    folder = ATLASES / atlas
    folder.mkdir(parents=True, exist_ok=True)
    what = place(TEMPLATES / card["image"], folder / card["image"], card.get("affine"))
    image = nibabel.load(folder / card["image"])
    labels = numpy.asanyarray(image.dataobj)
    present = [int(n) for n in numpy.unique(labels) if n > 0]
    named = names(atlas, present)
    assert sorted(named) == present, (atlas, set(named) ^ set(present))
    lut = numpy.fromfile(TEMPLATES / card["lut"], numpy.uint8) if card["lut"] else None
    rows = ["index\tname\themisphere\tcolor" + ("\tlobe" if atlas in LOBES else "")]
    for n in present:
        where = side(numpy.argwhere(labels == n), image.affine)
        said = named[n][-1] if named[n][-2:] in ("_L", "_R") else None
        assert said in (where, None), (atlas, n, named[n], where)
        rows.append(f"{n}\t{named[n]}\t{where}\t{colour(n, lut)}" + (f"\t{lobe(atlas, named[n])}" if atlas in LOBES else ""))
    (folder / "labels.tsv").write_text("\n".join(rows) + "\n")
    facts = dict(name=atlas, title=card["title"], image=card["image"], labels="labels.tsv", space=card["space"], regions=len(present),
                 version=card["version"], citation=card["citation"], licence=LICENCE,
                 source=f"Debian package mricron-data, {TEMPLATES.name}/{card['image']}, {what}; "
                        "labels.tsv made by Tests/References/make_atlases_bundled.py")
    if "remark" in card:
        facts["remark"] = card["remark"]
    (folder / "atlas.yaml").write_text("".join(f"{k}: {v if isinstance(v, int) else chr(34) + v + chr(34)}\n" for k, v in facts.items()))
    print(f"{atlas}: {len(present)} regions, grid {image.shape}, {''.join(nibabel.aff2axcodes(image.affine))}")


for atlas, card in CARDS.items():
    make(atlas, card)
shutil.copyfile(COPYRIGHT, ATLASES / "NOTICE.mricron-data")
