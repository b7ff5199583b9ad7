internal import CPellucidNIfTI

/// What an image may take of the machine's memory.
public enum ImageMemory {
  /// Bytes that one image's voxels may take as float32: a quarter of the machine's memory.
  ///
  /// A few MB of gzip can announce an image of many GB; a scan of 1 mm takes 30 MB.
  public static let limit: Int = {
    let all = Int(clamping: pv_machine_memory())
    return all > 0 ? all / 4 : 1 << 33
  }()
}
