"""Reads a scan and a map that Pellucid wrote on the scan's grid with nibabel and Debian's nifti_tool, and says whether they agree.

    python3 Tests/References/check_written.py SCAN MAP
"""
import subprocess, sys
import nibabel as nib, numpy as np

scan, written = (nib.load(path) for path in sys.argv[1:3])
fields = ["dim", "pixdim", "datatype", "qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "xyzt_units", "descrip",
          "intent_name", "cal_min", "cal_max", "scl_slope", "scl_inter", "magic"]
print(subprocess.run(["nifti_tool", "-disp_hdr", "-infiles", sys.argv[2]] + [a for f in fields for a in ("-field", f)],
                     capture_output=True, text=True, check=True).stdout)
print(subprocess.run(["nifti_tool", "-check_hdr", "-check_nim", "-infiles", sys.argv[2]], capture_output=True, text=True).stdout)
print("shape ", scan.shape, written.shape, scan.shape[:3] == written.shape[:3])
print("affine", float(np.abs(scan.affine - written.affine).max()), "mm at most apart")
print("codes ", *(int(im.header[f]) for im in (scan, written) if "sform_code" in im.header for f in ("sform_code", "qform_code")))
if scan.shape == written.shape:
    print("values", float(np.abs(scan.get_fdata() - written.get_fdata()).max()), "at most apart")
