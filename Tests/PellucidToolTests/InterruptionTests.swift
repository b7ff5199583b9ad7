import Foundation
import Testing

/// What is left when a run is cut short: nothing.
@Suite struct `Interruption` {
  @Test(arguments: [SIGINT, SIGTERM])
  func `by a signal leaves nothing`(signal: Int32) throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let process = Process()
    process.executableURL = Tool.program
    process.arguments =
      "explain scan.nii.gz --model cnn.onnx --method saliency,smoothgrad --samples 100000 --out results/deep"
      .split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The folder is made and the first method's files stand in it under temporary names before the second one is through.
    let deadline = Date(timeIntervalSinceNow: 60)
    while folder.listing("results/deep").count < 3, Date() < deadline, process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
    }
    #expect(folder.listing("results/deep").allSatisfy { $0.hasPrefix(".pellucid-") })
    kill(process.processIdentifier, signal)
    let patience = Date(timeIntervalSinceNow: 30)
    while process.isRunning, Date() < patience { Thread.sleep(forTimeInterval: 0.02) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
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
