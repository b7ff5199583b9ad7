import Foundation
import Testing

/// `manifold`, `concepts` and `latents` on the command line: what they write, and what they refuse in one line with nothing left behind.
@Suite struct `Studies inside on the command line` {
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let fixtures = Tool.repository.appending(path: "Tests/NetworkViewsTests/Fixtures")
    for name in ["vae", "encoder", "decoder", "decoder_of_three"] {
      try FileManager.default.copyItem(
        at: fixtures.appending(path: name + ".onnx"), to: folder.url.appending(path: name + ".onnx"))
    }
    for (name, count) in [("few", 9), ("ten", 10), ("many", 20)] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: name), withIntermediateDirectories: false)
      for place in 0..<count {
        try FileManager.default.copyItem(
          at: folder.url.appending(path: place % 2 == 0 ? "scan.nii.gz" : "scan_LIA.nii.gz"),
          to: folder.url.appending(path: "\(name)/\(place).nii.gz"))
      }
    }
    try folder.write(
      "study.tsv", "participant_id\timage\tage\n" + (0..<4).map { "s\($0)\tten/\($0).nii.gz\t\(60 + $0)\n" }.joined())
    return folder
  }

  @Test(arguments: [
    ("manifold study.tsv --model cnn.onnx --layer nowhere --out out", 64, "has no layer nowhere"),
    ("manifold study.tsv --model cnn.onnx --covariates agee --out out", 64, "did you mean age"),
    ("manifold missing.tsv --model cnn.onnx --out out", 65, "missing.tsv"),
    ("manifold study.tsv --model cnn.onnx --folds 1 --out out", 64, "--folds 1"),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --concept a=few --random many --out out", 65,
      "a has 9 scans, and at least 10 are needed"
    ),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --concept a=ten --random ten --out out", 65,
      "random has 10 scans, and at least 20 are needed"
    ),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --concept ten --random many --out out", 64,
      "is no name with its examples"
    ),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --random many --out out", 64,
      "--concept NAME=PATH or --region NAME"
    ),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --region Hippocampus_L --random many --out out", 64,
      "--region needs --atlas"
    ),
    (
      "concepts tcav scan.nii.gz --model cnn.onnx --target 1 --region Hippocampus --atlas aal --random many --out out",
      64, "did you mean Hippocampus_L"
    ),
    ("concepts crp scan.nii.gz --model cnn.onnx --layer nowhere --out out", 64, "has no layer nowhere"),
    ("concepts crp scan.nii.gz --model cnn.onnx --layer nowhere --channels a --out out", 64, "--channels a"),
    ("concepts frp scan.nii.gz", 64, "frp"),
    ("concepts train few --model cnn.onnx --out out", 65, "9 scans, and at least 10 are needed"),
    ("concepts train many --model cnn.onnx --layer nowhere --out out", 64, "has no layer nowhere"),
    ("concepts train many --model cnn.onnx --epochs 0 --out out", 64, "--epochs 0"),
    ("concepts train many --model cnn.onnx --held-out 1 --out out", 64, "--held-out 1"),
    ("concepts explain scan.nii.gz --model cnn.onnx --extractor many --out out", 65, "holds no extractor"),
    ("latents scan.nii.gz --model cnn.onnx --out out", 64, "no output that is known for a latent factor's mean"),
    ("latents scan.nii.gz --model cnn.onnx --traverse 3:-3 --out out", 64, "--traverse 3:-3"),
    ("latents scan.nii.gz --model cnn.onnx --cohort study.tsv --out out", 64, "--covariates"),
  ])
  func `what cannot be is refused in one line, and nothing is left`(
    command: String, status: Int, words: String
  ) throws {
    let folder = try Self.folder()
    let answer = try Tool.run(command, in: folder.url)
    #expect(answer.status == Int32(status), "\(answer.error)")
    let told = answer.lines.filter { !$0.hasPrefix("pellucid: note:") && !$0.hasPrefix("pellucid: warning:") }
    #expect(told.count == 1 && told.first?.contains(words) == true, "\(answer.error)")
    #expect(answer.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }
}
