public import PellucidFaults
import PellucidFiles

/// The one or two files of an image: a single NIfTI or FreeSurfer file, or a header (`.hdr`) with its voxels (`.img`), each plain or with `.gz`.
struct ImageFiles {
  /// As the user named it.
  let named: String
  let header: String
  let voxels: String
  /// Sizes on disk, bytes.
  let headerBytes, voxelBytes: Int

  var isPair: Bool { header != voxels }

  /// Finds the files of an image by the name of any of them.
  /// - Throws: `.badData` where one is missing, empty or a folder.
  init(_ path: String) throws(PellucidError) {
    named = path
    headerAndVoxels: do {
      let ending = ImageName.ending(of: path) ?? ""
      let isHeader = ending.hasPrefix(".hdr")
      guard isHeader || ending.hasPrefix(".img") else {
        header = path
        voxels = path
        break headerAndVoxels
      }
      _ = try ImageFiles.bytes(of: path)
      let zipped = ending.hasSuffix(".gz") ? 3 : 0
      let letters = path.dropLast(zipped).suffix(3)
      let partnerLetters = letters == letters.uppercased() ? (isHeader ? "IMG" : "HDR") : (isHeader ? "img" : "hdr")
      let stem = path.dropLast(zipped + 3) + partnerLetters
      let same = stem + path.suffix(zipped)
      let other = zipped > 0 ? String(stem) : stem + ".gz"
      guard let partner = [String(same), String(other)].first(where: { ImageFiles.isFile($0) }) else {
        throw .missingPartner(path, partner: String(same))
      }
      header = isHeader ? path : partner
      voxels = isHeader ? partner : path
    }
    headerBytes = try ImageFiles.bytes(of: header)
    voxelBytes = try ImageFiles.bytes(of: voxels)
  }

  private static func isFile(_ path: String) -> Bool {
    if case .file = FileKind.at(path) { true } else { false }
  }

  private static func bytes(of path: String) throws(PellucidError) -> Int {
    switch FileKind.at(path) {
    case .absent(let why): throw .unreadable(path, why: why)
    case .folder: throw .isFolder(path, holds: ForeignFormat(ofFolder: path))
    case .other: throw .unreadable(path, why: "it is not a regular file")
    case .file(bytes: 0): throw .emptyFile(path)
    case .file(let bytes): return bytes
    }
  }
}

extension Volume {
  /// The file or files that an image consists of, found by the name of any of them; of an Analyze pair also SPM's `.mat`, where there is one.
  /// - Throws: `.badData` where one is missing, empty or a folder.
  public static func files(ofImage path: String) throws(PellucidError) -> [String] {
    let files = try ImageFiles(path)
    guard files.isPair else { return [files.header] }
    return [files.header, files.voxels] + [SPMMatrix.file(beside: files)].compactMap(\.self)
  }
}
