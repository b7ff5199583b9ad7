#if canImport(Glibc)
  import Glibc
#endif

/// How the engine's threads wait for work.
enum WaitPolicy {
  /// Makes them sleep instead of spin, unless the environment says otherwise.
  ///
  /// On a machine with other things to do, a spinning thread keeps the one that it waits for from running: on two cores beside other
  /// work, relevance propagation took 16 s instead of 0.9. libgomp asks the environment while it is loaded, before `main`, so the
  /// program starts itself once more (10 ms).
  static func sleepWhileWaiting() {
    #if canImport(Glibc)
      guard unsafe getenv("OMP_WAIT_POLICY") == nil, unsafe getenv("GOMP_SPINCOUNT") == nil,
        unsafe setenv("OMP_WAIT_POLICY", "passive", 0) == 0
      else { return }
      // Returns only where it fails, and then all works as before.
      unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
    #endif
  }
}
