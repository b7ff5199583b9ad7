internal import CPellucidKernels
package import PellucidFaults
internal import PellucidTensors

/// Settings of the numerical engine, for the whole process.
///
/// Everything may be called from several threads at once, on the same values too, and gives what it gives on one. Work that is shared
/// among several threads is done for one caller at a time; the others wait.
public enum Engine {
  /// Threads that every computation uses; by default all cores.
  ///
  /// Fewer than were set where the system, or what the environment says of OpenMP, does not give as many (``threadsAsked``).
  public static var threads: Int {
    get { Int(pk_threads()) }
    set { pk_set_threads(Int32(clamping: newValue)) }
  }

  /// Threads that were set; all cores unless any were.
  public static var threadsAsked: Int { Int(pk_threads_asked()) }

  /// Bytes that activations may take; by default a quarter of the machine's memory.
  ///
  /// Perturbation methods keep to it, each for itself where several run at once, and blocks kept for reuse do; a pass over the network
  /// takes what it takes. The model's weights, the scans and the maps come on top.
  public static var memoryLimit: Int {
    get { Int(clamping: pk_memory_limit()) }
    set { pk_set_memory_limit(max(1, newValue)) }
  }

  /// Most values of an activation: half of the machine's memory, and at most 4 GiB (64 channels of 256³ voxels).
  static let mostValues = min(machineMemory / 2, 4 << 30) / MemoryLayout<Float>.stride

  /// Bytes of memory that this process may have: the machine's, or less where its control group or `ulimit` say so.
  package static let machineMemory = Int(clamping: pk_machine_memory())

  /// Sees that the machine has memory for the values of a step.
  /// - Throws: `.badData` naming the node.
  static func requireRoom(for shapes: [Shape], images: Int = 1, at node: Node) throws(PellucidError) {
    let bytes = shapes.reduce(0) { $0 + $1.count * images * MemoryLayout<Float>.stride }
    guard pk_has_room(bytes) != 0 else { throw .noMemory(node.name, bytes: bytes) }
  }

  /// Bytes of activations that this thread's work holds.
  package static var bytesTaken: Int { Int(pk_memory_taken()) }

  /// The most that this thread's work held while something was done, beyond what it held before.
  package static func peak<Result>(
    of body: () throws(PellucidError) -> Result
  ) throws(PellucidError) -> (result: Result, bytes: Int) {
    let before = pk_memory_taken()
    _ = pk_memory_peak(1)
    let result = try body()
    return (result, Int(pk_memory_peak(0) - before))
  }

  /// How many convolutions are kept ready to run, of all networks together, and the most that are.
  package static var preparedConvolutions: (count: Int, limit: Int) {
    (Int(pk_prepared_count()), Int(pk_prepared_limit()))
  }

  /// Name and version of the library behind convolutions.
  public static var library: String { unsafe String(cString: pk_library()) }

  /// The instruction set that its kernels use on this machine, such as `AVX2`.
  public static var instructionSet: String { unsafe String(cString: pk_instruction_set()) }
}
