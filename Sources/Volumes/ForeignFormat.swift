internal import FoundationEssentials
internal import PellucidFiles

/// A format that is not read but known, so that the error can say what turns it into NIfTI.
struct ForeignFormat {
  /// Such as `a DICOM file`.
  let name: String
  private let conversion: Conversion

  private enum Conversion {
    case dicom, itk, command(String), words(String)
  }

  private init(_ name: String, _ conversion: Conversion) {
    self.name = name
    self.conversion = conversion
  }

  /// How to convert a file or folder.
  func remedy(for path: String) -> String {
    let stem = ImageName.stem(of: path)
    switch conversion {
    case .dicom: return "convert it to NIfTI: dcm2niix -z y -o OUT \(path)"
    case .itk:
      return "convert it to NIfTI: open and save it in 3D Slicer, or in Python "
        + "SimpleITK.WriteImage(SimpleITK.ReadImage(\"\(path)\"), \"\(stem).nii.gz\")"
    case .command(let command): return "convert it to NIfTI: \(command) \(path)"
    case .words(let words): return words
    }
  }

  /// The format of a file by its first bytes (a few hundred), else by its name; nil: unknown.
  init?(_ bytes: [UInt8], name file: String) {
    let lower = file.lowercased()
    func begins(_ text: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: Array(text.utf8)) }
    func ends(_ endings: String...) -> Bool { endings.contains { lower.hasSuffix($0) } }
    if begins("DICM", at: 128) || ends(".dcm", ".ima", "/dicomdir") {
      self.init("a DICOM file", .dicom)
    } else if begins("NRRD") || ends(".nrrd", ".nhdr") {
      self.init("an NRRD image", .itk)
    } else if begins("ObjectType") || begins("NDims") || ends(".mha", ".mhd") {
      self.init("a MetaImage (.mha, .mhd)", .itk)
    } else if ends(".mnc", ".mnc.gz", ".mnc2") || begins("CDF") {
      self.init("a MINC image", .command("mnc2nii"))
    } else if ends(".head", ".brik", ".brik.gz") {
      self.init("an AFNI dataset", .command("3dAFNItoNIFTI"))
    } else if ends(".par", ".rec", ".xml.rec") {
      self.init("a Philips PAR/REC image", .dicom)
    } else if ends(".mif", ".mif.gz", ".mih") || begins("mrtrix image") {
      self.init("an MRtrix image", .words("convert it to NIfTI: mrconvert \(file) \(ImageName.stem(of: file)).nii.gz"))
    } else if ends(".gii", ".gii.gz", ".annot", ".curv", ".label.gii") {
      self.init("a surface's file", .words("give the volume that the surface was made from"))
    } else if bytes.starts(with: [0x93]) && begins("NUMPY", at: 1) || ends(".npz") {
      self.init(
        "a NumPy array",
        .words(
          "it has no place in the world: save it with its affine, nibabel.Nifti1Image(array, affine).to_filename(…)"))
    } else if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) || ends(".h5", ".hdf5") {
      self.init("an HDF5 file", .words("save the image in it as NIfTI, with its affine"))
    } else if begins("MATLAB ") || ends(".mat") {
      self.init("a MATLAB file", .words("save the image in it as NIfTI, with its affine"))
    } else if begins("PK\u{3}\u{4}") || ends(".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar") {
      self.init("an archive", .words("unpack it, and name the image in it"))
    } else if begins("BZh") || bytes.starts(with: [0xfd, 0x37, 0x7a]) || bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
      self.init("packed by bzip2, xz or zstd", .words("unpack it, or pack it by gzip"))
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) || bytes.starts(with: [0xff, 0xd8, 0xff])
      || begins("II*") || begins("MM\0*") || ends(".png", ".jpg", ".jpeg", ".tif", ".tiff")
    {
      self.init("a picture", .words("give the volume, which has a place in the world"))
    } else {
      return nil
    }
  }

  /// What a folder's images are, where they are of one of these formats; nil: unknown.
  /// - Parameter levels: how far down folders of folders are looked into, as the series of a study.
  init?(ofFolder path: String, levels: Int = 3) {
    let names = (FileContents.names(inFolder: path) ?? []).filter {
      !$0.hasPrefix(".")
    }
    guard ImageName.images(among: names).isEmpty else { return nil }
    for name in names.prefix(20) {
      let file = path.hasSuffix("/") ? path + name : path + "/" + name
      if case .folder = FileKind.at(file), levels > 1, let format = ForeignFormat(ofFolder: file, levels: levels - 1) {
        self = format
        return
      }
      guard case .file = FileKind.at(file), let stream = try? InputStream(file),
        let bytes = try? stream.read(256, part: "header")
      else { continue }
      if let format = ForeignFormat(bytes, name: file) {
        if case .dicom = format.conversion { self.init("DICOM files", .dicom) } else { self = format }
        return
      }
    }
    return nil
  }
}
