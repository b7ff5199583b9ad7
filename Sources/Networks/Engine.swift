internal import CKernels
package import Faults

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Settings of the numerical engine, for the whole process.
public enum Engine {
  /// Threads that every computation uses; by default all cores.
  public static var threads: Int {
    get { Int(pk_threads()) }
    set { pk_set_threads(Int32(clamping: newValue)) }
  }

  /// Bytes that activations may take; by default a quarter of the machine's memory.
  ///
  /// Perturbation methods keep to it, and blocks kept for reuse; a pass over the network takes what it takes. The model's weights, the
  /// scans and the maps come on top.
  public static var memoryLimit: Int {
    get { Int(clamping: pk_memory_limit()) }
    set { pk_set_memory_limit(max(1, newValue)) }
  }

  /// Most values of an activation: half of the machine's memory, and at most 4 GiB (64 channels of 256³ voxels).
  static let mostValues = min(machineMemory / 2, 4 << 30) / MemoryLayout<Float>.stride

  /// Bytes of the machine's memory.
  package static let machineMemory: Int = {
    let (pages, bytes) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && bytes > 0 ? pages * bytes : .max
  }()

  /// Bytes of activations that this thread holds.
  package static var bytesTaken: Int { Int(pk_memory_taken()) }

  /// The most that this thread held while something was done, beyond what it held before.
  package static func peak<Result>(
    of body: () throws(PellucidError) -> Result
  ) throws(PellucidError) -> (result: Result, bytes: Int) {
    let before = pk_memory_taken()
    _ = pk_memory_peak(1)
    let result = try body()
    return (result, Int(pk_memory_peak(0) - before))
  }

  /// Name and version of the library behind convolutions.
  public static var library: String { unsafe String(cString: pk_library()) }
}
