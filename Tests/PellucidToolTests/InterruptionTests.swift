import Foundation
import PellucidVolumes
import Testing

/// What is left when a run is cut short: nothing.
@Suite struct `Interruption` {
  /// Command lines of which the last method takes far longer than the test waits: many samples of a small network, or many places of
  /// the sample network.
  static let long: [String] =
    [
      "smoothgrad --samples 100000", "lime --samples 200000 --supervoxels 100",
      "kernel-shap --samples 200000 --supervoxels 100",
      "rise --masks 1000000",
    ].map { "scan.nii.gz --model cnn.onnx --atlas quarters.nii.gz --method saliency,\($0)" }
    + [
      "occlusion --patch 9 --stride 1", "shapley-sampling --permutations 10000 --atlas many.nii.gz",
      "region-occlusion --atlas many.nii.gz",
      "region-interaction --atlas many.nii.gz --top 60",
    ].map { "sample.nii.gz --model sample.onnx --method saliency,\($0)" }

  /// Regions for every few voxels of the sample's grid, so that there are many.
  private func writeManyRegions(in folder: TemporaryFolder) throws {
    let shape = GridShape(i: 30, j: 36, k: 30)
    try Volume(
      shape: shape, voxels: (0..<shape.count).map { Float($0 + 1) },
      affine: Affine(elements: [6, 0, 0, -87, 0, 6, 0, -120, 0, 0, 6, -70])
    ).write(to: folder.url.appending(path: "many.nii.gz").path)
  }

  /// Each with one of the two signals, the first with both.
  static let signals = (0...long.count).map { $0 % 2 == 0 ? SIGINT : SIGTERM }

  @Test(arguments: zip(long + long.prefix(1), signals.dropLast() + [SIGTERM]))
  func `by a signal leaves nothing`(command: String, signal: Int32) throws {
    let folder = try TemporaryFolder.withFixtures()
    if command.contains("sample.onnx") {
      let samples = Tool.repository.appending(path: "samples")
      for (from, to) in [
        ("patient_T1.nii.gz", "sample.nii.gz"), ("atrophy-cnn.onnx", "sample.onnx"),
        ("atrophy-cnn.yaml", "sample.yaml"),
      ] {
        try FileManager.default.copyItem(at: samples.appending(path: from), to: folder.url.appending(path: to))
      }
      try writeManyRegions(in: folder)
    }
    let before = folder.listing()
    let process = Process()
    process.executableURL = Tool.program
    process.arguments = "explain \(command) --out results/deep".split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    // The folder is made and the first method's files stand in it under temporary names before the second one is through.
    let files = command.contains("--atlas") ? 4 : 3
    let deadline = Date(timeIntervalSinceNow: 60)
    while folder.listing("results/deep").count < files, Date() < deadline, process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    Thread.sleep(forTimeInterval: 0.1)
    #expect(process.isRunning)
    #expect(folder.listing("results/deep").count == files)
    #expect(folder.listing("results/deep").allSatisfy { $0.hasPrefix(".pellucid-") })
    kill(process.processIdentifier, signal)
    let patience = Date(timeIntervalSinceNow: 30)
    while process.isRunning, Date() < patience { Thread.sleep(forTimeInterval: 0.02) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
    // No bar is drawn where there is no terminal.
    #expect(!String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).contains("\r"))
    #expect(folder.listing() == before)
  }

  @Test func `by a failing second method leaves nothing of the first`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method saliency,grad-cam --layer nowhere --out out", in: folder.url)
    #expect(answer.status == 64)
    #expect(folder.listing() == before)
  }

  @Test func `by a scan that cannot be read comes before the first is explained`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let answer = try Tool.run(
      "explain scan.nii.gz bad_nan.nii.gz --model cnn.onnx --method saliency --out out", in: folder.url)
    #expect(answer.status == 65)
    #expect(folder.listing() == before)
  }

  @Test(arguments: [
    "explain scan.nii.gz --model cnn.onnx --method saliency --out out", "montage scan.nii.gz --out picture.png",
    "regions scan.nii.gz --atlas quarters.nii.gz --out table.tsv",
  ])
  func `by a file that may not grow leaves nothing and ends with 74`(command: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    // Files of at most 512 bytes: to the program the same as a full disk.
    process.arguments = ["-c", "ulimit -f 1 && exec \"$0\" \(command)", Tool.program.path]
    process.currentDirectoryURL = folder.url
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 74, "\(text)")
    #expect(text.hasPrefix("pellucid: ") && text.split(separator: "\n").count == 1, "\(text)")
    #expect(folder.listing() == before)
  }

  @Test func `by a failure keeps the results that were there before`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let command = "explain scan.nii.gz --model cnn.onnx --method saliency --out out"
    #expect(try Tool.run(command, in: folder.url).status == 0)
    let former = try folder.bytes("out/scan_saliency.nii.gz")
    let list = folder.listing("out")
    #expect(try Tool.run(command + " --target nobody", in: folder.url).status == 64)
    #expect(folder.listing("out") == list)
    #expect(try folder.bytes("out/scan_saliency.nii.gz") == former)
    #expect(try Tool.run(command + " --target 0", in: folder.url).status == 0)
    #expect(folder.listing("out") == list)
    #expect(try folder.bytes("out/scan_saliency.nii.gz") != former)
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
    arguments: ["methods", "predict scan.nii.gz --model cnn.onnx"])
  func `by a full disk behind standard output ends with 74`(command: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let answer = try Tool.run(command.split(separator: " ").map(String.init), in: folder.url, output: full)
    #expect(answer.status == 74)
    #expect(answer.lines.count == 1)
  }
}
