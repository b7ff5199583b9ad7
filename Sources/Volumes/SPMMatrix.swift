import PellucidFaults
import PellucidFiles

/// The geometry in SPM99's `.mat` beside an Analyze image, which has no place for it in its header.
///
/// The file holds `M`, from 1-based voxels to mm in SPM's reading, where the first axis runs from right to left; or, since SPM2, also
/// `mat`, in which that flip is done, and which then counts:
///
///     A = mat · T   or   A = diag(−1, 1, 1) · M · T        T: shift by 1 voxel along each axis
///
/// - Source: nibabel's `Spm99AnalyzeImage`.
enum SPMMatrix {
  /// What a `.mat` beside an image says.
  enum Finding {
    /// The image's affine.
    case affine(Affine, Note)
    /// There is such a file, which is not used.
    case unused(Note)
  }

  /// The file beside an image; nil: there is none.
  static func file(beside files: ImageFiles) -> String? {
    guard let ending = ImageName.ending(of: files.header) else { return nil }
    let stem = String(files.header.dropLast(ending.count))
    let names = [stem + ".mat", stem + ".MAT", stem + ".mat.gz"]
    return names.first { if case .file = FileKind.at($0) { true } else { false } }
  }

  /// What the file beside an image says; nil: there is none.
  /// - Throws: `.badData` where it holds an affine that places no voxels.
  static func beside(_ files: ImageFiles) throws(PellucidError) -> Finding? {
    guard files.isPair, let file = file(beside: files) else { return nil }
    let bytes = try InputStream(file).read(1 << 22, part: "matrix")
    // nibabel passes an empty one over, too.
    guard !bytes.isEmpty else { return nil }
    func unused(_ why: String) -> Finding {
      .unused(Note(what: "\(file), beside the image, \(why)", how: "it is not used", weight: .warning))
    }
    guard let variables = MatlabVariables(bytes)?.all ?? MatlabLevel5.variables(bytes) else {
      return unused("is no MATLAB file of SPM's")
    }
    for (name, flips) in [("mat", false), ("M", true)] {
      guard let values = variables.first(where: { $0.name == name })?.values else { continue }
      guard values.count >= 16, values.count % 16 == 0, [values[3], values[7], values[11], values[15]] == [0, 0, 0, 1]
      else { return unused("holds \(name), which is no affine") }
      var affine = Affine.identity
      for row in 0..<3 {
        for column in 0..<4 { affine[row, column] = values[4 * column + row] * (flips && row == 0 ? -1 : 1) }
        affine[row, 3] += affine[row, 0] + affine[row, 1] + affine[row, 2]
      }
      if let trouble = affine.trouble { throw .badMatrix(file, name: name, why: trouble) }
      return .affine(affine, note(file, name: name, flips: flips, count: values.count / 16))
    }
    return unused("holds neither mat nor M")
  }

  private static func note(_ file: String, name: String, flips: Bool, count: Int) -> Note {
    let first = count > 1 ? ", the first of \(count)," : ""
    return Note(
      what: "the image's place is that of \(name)\(first) in \(file), as SPM wrote it",
      how: flips ? "its first axis is taken to run from right to left, as nibabel does" : "used in the header's place",
      weight: .told)
  }
}
