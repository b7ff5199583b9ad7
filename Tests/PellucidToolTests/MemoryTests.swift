import Foundation
import Testing

/// What happens where there is less memory than a run takes.
#if os(Linux)
  @Suite struct `Memory that is not to be had` {
    /// Address space in kB, from hardly enough for the libraries on.
    @Test(arguments: [200_000, 300_000, 450_000, 600_000, 750_000, 900_000, 1_200_000])
    func `ends a run with one line and 65, and leaves nothing`(limit: Int) throws {
      let folder = try TemporaryFolder.withFixtures()
      let sample = Tool.repository.appending(path: "samples").path
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [
        "-c",
        """
        mkdir out; ulimit -v \(limit)
        '\(Tool.program.path)' explain \(sample)/patient_T1.nii.gz --model \(sample)/atrophy-cnn.onnx --method saliency \
          --target AD --threads 2 --out out >answer 2>error
        """,
      ]
      process.currentDirectoryURL = folder.url
      process.environment = ["PATH": "/usr/bin:/bin"]
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      let error = String(decoding: try folder.bytes("error"), as: UTF8.self)
      #expect(process.terminationReason == .exit, "\(error)")
      if process.terminationStatus == 0 {
        #expect(folder.listing("out").count == 3)
      } else {
        #expect(process.terminationStatus == 65, "\(error)")
        #expect(folder.listing("out").isEmpty)
        #expect(error.hasPrefix("pellucid: ") && error.contains("memory"), "\(error)")
        #expect(error.split(separator: "\n").count { !$0.contains(" note: ") } == 1, "\(error)")
      }
      // The scan and its map alone take more than is left then.
      if limit < 250_000 { #expect(process.terminationStatus == 65) }
    }
  }
#endif
