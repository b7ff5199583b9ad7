public import PellucidFaults
internal import PellucidFiles
public import PellucidVolumes

/// A transform read from a file, with how it was recognised.
public struct TransformFile: Sendable {
  /// What the file is, in words, such as `an ITK transform (text), AffineTransform`.
  public let kind: String
  /// What the user wrote.
  public let reference: TransformReference
  /// What was mended or decided while reading.
  public let notes: [Note]
  let content: Content

  /// What a file says, in its own direction.
  enum Content {
    /// From the fixed image's points to the moving image's, world mm RAS+ (ITK's direction).
    case pull(Affine)
    /// From the moving image's points to the fixed image's (FLIRT's and FreeSurfer's direction).
    case push(Affine)
    /// FLIRT's 4×4 matrix between its own coordinates of two images.
    case flirt(Affine)
    case field(DisplacementField)
  }

  /// Reads a transform; what it is, the file's content says, not its name.
  /// - Parameter nan: what becomes of a displacement field's components that are NaN or infinite.
  /// - Throws: `.badData` or `.unsupported` for a file that is none of the kinds read, saying what it looks like.
  public init(_ reference: TransformReference, nan: NonFinitePolicy = .refuse) throws(PellucidError) {
    self.reference = reference
    let path = reference.file
    guard let data = FileContents.bytes(of: path), !data.isEmpty else { throw .unreadableTransform(path) }
    let bytes = [UInt8](data.prefix(1 << 22))
    if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) { throw .hdf5(path) }
    if bytes.starts(with: "MATLAB 5.0".utf8) {
      throw .unknownTransform(path, why: "it looks like a MATLAB 5 file, as SPM writes")
    }
    if Self.looksLikeImage(bytes) {
      guard !reference.isInverse else { throw .inverseField(path) }
      kind = "a displacement field (ITK's, LPS+)"
      let field = try DisplacementField(contentsOf: path, nan: nan)
      content = .field(field)
      notes = field.notes.map { $0.of(path) }
    } else if let variables = MatlabVariables(bytes) {
      let transforms = try ITKTransform.list(of: variables, path)
      kind = "an ITK transform (binary), \(ITKTransform.names(of: transforms))"
      content = .pull(try ITKTransform.affine(of: transforms, path))
      notes = []
    } else {
      guard !bytes.contains(0) else { throw .unknownTransform(path, why: "its content is neither text nor an image") }
      let text = String(decoding: bytes, as: UTF8.self)
      (kind, content) = try Self.read(text, path)
      notes = []
    }
    if reference.source != nil {
      guard case .flirt = content else { throw .needlessImages(reference.text, kind: kind) }
    }
  }

  private static func read(_ text: String, _ path: String) throws(PellucidError) -> (String, Content) {
    if text.hasPrefix("#Insight Transform File") {
      let transforms = try ITKTransform.list(of: text, path)
      return (
        "an ITK transform (text), \(ITKTransform.names(of: transforms))",
        .pull(try ITKTransform.affine(of: transforms, path))
      )
    }
    if text.contains("src volume info") {
      let lta = try LinearTransformArray(text, path)
      return ("a FreeSurfer LTA, \(lta.kind)", .push(try lta.worldAffine(path)))
    }
    let numbers = Self.numbers(text)
    if numbers.count == 16 {
      return ("a FLIRT matrix (4 × 4 numbers)", .flirt(try Self.flirt(numbers, path)))
    }
    throw Self.unknown(text, numbers.count, path)
  }

  private static func unknown(_ text: String, _ numbers: Int, _ path: String) -> PellucidError {
    if text.contains("3dvolreg") || text.contains("aff12") || numbers == 12 {
      return .unknownTransform(path, why: "it looks like AFNI's matrix of 12 numbers")
    }
    if text.contains("round") || text.contains("tkregister") {
      return .unknownTransform(path, why: "it looks like FreeSurfer's register.dat")
    }
    return .unknownTransform(path, why: "its content is none of the kinds known")
  }

  /// All numbers of a text that holds nothing else; comment lines (`#`) are left out.
  private static func numbers(_ text: String) -> [Double] {
    var out: [Double] = []
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      for word in line.split(whereSeparator: \.isWhitespace) {
        guard let number = Double(word) else { return [] }
        out.append(number)
      }
    }
    return out
  }

  private static func flirt(_ numbers: [Double], _ path: String) throws(PellucidError) -> Affine {
    let last = numbers[12...]
    guard numbers.allSatisfy(\.isFinite), zip(last, [0, 0, 0, 1]).allSatisfy({ abs($0 - $1) < 1e-6 }) else {
      throw .unknownTransform(path, why: "it holds 16 numbers, but the last row is not 0 0 0 1")
    }
    return Affine(elements: Array(numbers[..<12]))
  }

  /// gzip, or a NIfTI header's size in either byte order.
  private static func looksLikeImage(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0x1f, 0x8b]) { return true }
    guard bytes.count >= 352 else { return false }
    let sizes: [[UInt8]] = [[92, 1, 0, 0], [0, 0, 1, 92], [28, 2, 0, 0], [0, 0, 2, 28]]
    let magic = bytes[344..<348].starts(with: Array("n+1".utf8)) || bytes[4..<7].starts(with: Array("n+2".utf8))
    return magic && sizes.contains(Array(bytes[..<4]))
  }
}

extension TransformFile {
  /// The file as a link of a chain, from the scan's points to the atlas's.
  ///
  /// - Parameters:
  ///   - scan: the image that the atlas is brought to; FLIRT's `-ref` where the user names none.
  ///   - atlas: the image that is brought; FLIRT's `-in` where the user names none.
  /// - Throws: `.badData` where the matrix cannot be inverted, or an image that it needs cannot be read; `.usage` where one is not named.
  func step(scan: Grid?, atlas: Grid?) throws(PellucidError) -> SpatialTransform.Step {
    let pull: Affine
    switch content {
    case .field(let field): return .field(field)
    case .pull(let affine): pull = affine
    case .push(let affine): pull = try inverted(affine)
    case .flirt(let matrix):
      // Backwards, the scan was moved and the atlas stood still.
      let moved = try grid(reference.source, else: reference.isInverse ? scan : atlas)
      let still = try grid(reference.target, else: reference.isInverse ? atlas : scan)
      pull = try inverted(FLIRT.worldAffine(matrix, from: moved, to: still))
    }
    return .affine(reference.isInverse ? try inverted(pull) : pull)
  }

  private func inverted(_ affine: Affine) throws(PellucidError) -> Affine {
    guard let inverse = affine.inverse else { throw .singularTransform(reference.file) }
    return inverse
  }

  private func grid(_ path: String?, else known: Grid?) throws(PellucidError) -> Grid {
    if let path {
      let volume = try Volume(contentsOf: path, nan: .zero)
      return Grid(shape: volume.shape, affine: volume.affine)
    }
    guard let known else { throw .imagesWanted(reference.text) }
    return known
  }
}

extension SpatialTransform {
  /// The chain of files, in the order in which they take the scan's points (as on the command line of `antsApplyTransforms`).
  ///
  /// - Parameters:
  ///   - scan: the image that something is brought to; nil: unknown, which only FLIRT's matrices mind.
  ///   - atlas: the image that is brought; likewise.
  /// - Throws: as ``TransformFile``; for several files, FLIRT matrices must name their images.
  public init(_ files: [TransformFile], scan: Grid?, atlas: Grid?) throws(PellucidError) {
    let isOnly = files.count == 1
    var steps: [Step] = []
    for file in files { steps.append(try file.step(scan: isOnly ? scan : nil, atlas: isOnly ? atlas : nil)) }
    self.init(steps)
  }
}

extension [TransformFile] {
  /// Each as it was given, with how it was recognised; nil: there are none.
  public var words: String? {
    isEmpty ? nil : map { "\($0.reference.text), \($0.kind)" }.joined(separator: "; ")
  }
}
