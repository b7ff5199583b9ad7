internal import CKernels

/// Settings of the numerical engine, for the whole process.
public enum Engine {
  /// Threads that every computation uses; by default all cores.
  public static var threads: Int {
    get { Int(pk_threads()) }
    set { pk_set_threads(Int32(clamping: newValue)) }
  }

  /// Name and version of the library behind convolutions.
  public static var library: String { unsafe String(cString: pk_library()) }
}
