internal import PellucidFaults
internal import PellucidFiles

/// A layer's values of many scans: in memory where they fit, else in files beside the results that go when it is let go.
final class LayerStore {
  private var kept: [[Float]] = []
  private var paths: [String] = []
  private let scratch: FileSet?

  /// Room for so many scans.
  ///
  /// - Parameters:
  ///   - width: values of a scan.
  ///   - folder: where files may lie.
  ///   - limit: bytes that may be kept.
  init(scans: Int, width: Int, folder: String, limit: Int) throws(PellucidError) {
    scratch = 4 * scans * width > limit ? try FileSet(folder: folder) : nil
  }

  deinit { scratch?.discard() }

  /// Whether the values lie in files.
  var isInFiles: Bool { scratch != nil }

  /// Adds a scan's values.
  func add(_ values: [Float]) throws(PellucidError) {
    guard let scratch else {
      kept.append(values)
      return
    }
    let name = "layer-\(paths.count)"
    let path = try scratch.reserve([name])[0]
    let bytes = unsafe values.withUnsafeBytes { unsafe Array($0) }
    do throws(PellucidError) { try AtomicFile.write(bytes, to: path) } catch {
      throw scratch.failed(error, writing: name)
    }
    paths.append(path)
  }

  /// The values of a scan.
  func values(of scan: Int) throws(PellucidError) -> [Float] {
    guard scratch != nil else { return kept[scan] }
    guard let bytes = FileContents.bytes(of: paths[scan], isInput: false) else { throw .storeGone(paths[scan]) }
    let count = bytes.count / MemoryLayout<Float>.stride
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      // As many bytes as the buffer has.
      unsafe UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes.prefix(count * MemoryLayout<Float>.stride))
      filled = count
    }
  }
}

extension PellucidError {
  static func storeGone(_ path: String) -> Self {
    .init(
      .output, at: .init(file: path), what: "the layer's values, which were kept there, cannot be read any more",
      remedy: "run it again, with a larger `memory`, or where nothing removes them")
  }
}
