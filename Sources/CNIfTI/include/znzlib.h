// Debian keeps nifti's headers in nifti/, but nifti2_io.h includes this one without the folder.
#include <nifti/znzlib.h>
