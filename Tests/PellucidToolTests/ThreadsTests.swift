import Foundation
import Testing

/// Whatever the environment says of OpenMP, the program answers.
@Suite struct ThreadsTests {
  static let arguments = [
    "predict", Tool.repository.appending(path: "samples/patient_T1.nii.gz").path, "--model",
    Tool.repository.appending(path: "samples/atrophy-cnn.onnx").path,
  ]

  static let usual = Result { try Tool.run(arguments, in: Tool.repository) }

  #if os(Linux)
    @Test(arguments: [
      "OMP_NUM_THREADS=abc", "OMP_NUM_THREADS=0", "OMP_NUM_THREADS=-1", "OMP_NUM_THREADS=100000", "OMP_NUM_THREADS=",
      "OMP_THREAD_LIMIT=0", "OMP_STACKSIZE=1B", "OMP_STACKSIZE=abc", "OMP_DYNAMIC=true",
      "OMP_WAIT_POLICY=none", "GOMP_SPINCOUNT=x", "OMP_PROC_BIND=close",
    ])
    func `odd variables change nothing but one line`(_ setting: String) throws {
      let answer = try run(setting)
      #expect(answer.output == (try Self.usual.get().output))
      #expect(answer.status == 0 && answer.lines.count <= 1, "\(answer.error)")
    }

    @Test(
      .enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1),
      arguments: [
        "OMP_THREAD_LIMIT=1", "OMP_MAX_ACTIVE_LEVELS=0",
        // No thread can be started with such a stack, nor do with the other.
        "OMP_STACKSIZE=100000G", "OMP_STACKSIZE=16K",
      ])
    func `where no second thread is to be had, one computes, which is said`(_ setting: String) throws {
      let answer = try run(setting)
      #expect(answer.output == (try Self.usual.get().output))
      #expect(answer.status == 0 && answer.lines.count == 1, "\(answer.error)")
      #expect(answer.error.hasPrefix("pellucid: note: 1 of "))
    }
  #endif

  private func run(_ setting: String) throws -> Tool.Answer {
    let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return try Tool.run(Self.arguments, in: Tool.repository, environment: [parts[0]: parts[1]])
  }
}
