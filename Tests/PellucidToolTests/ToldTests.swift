import Foundation
import Testing

/// What is assumed about images and changes numbers stands on standard error.
@Suite struct `Assumptions are told` {
  /// `plain.nii` with float32 voxels.
  private func image(
    _ folder: TemporaryFolder, _ value: (Int) -> Float = { Float($0 % 17) }, header: [(Int, [UInt8])] = []
  ) throws -> Data {
    var bytes = Data(try folder.bytes("plain.nii").prefix(352))
    bytes.replaceSubrange(70..<74, with: [16, 0, 32, 0])
    for (offset, new) in header { bytes.replaceSubrange(offset..<(offset + new.count), with: new) }
    for n in 0..<(12 * 14 * 10) {
      let bits = value(n).bitPattern
      for shift in [UInt32(0), 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    return bytes
  }

  @Test func `by predict: a flip between the forms, a constant scan, an input given twice`() throws {
    let folder = try TemporaryFolder.withFixtures()
    // The qform keeps its place beside an sform whose x axis runs the other way.
    let flip: [(Int, [UInt8])] = [(252, [1, 0, 1, 0]), (283, [0xc1])]
    try folder.write("flip.nii", try image(folder, header: flip))
    let flipped = try Tool.run("predict flip.nii --model cnn.onnx", in: folder.url)
    #expect(flipped.status == 0)
    #expect(
      flipped.lines.contains {
        $0.hasPrefix("pellucid: warning: flip.nii: qform and sform disagree") && $0.contains("flip")
      },
      "\(flipped.error)")
    try folder.write("flat.nii", try image(folder) { _ in 3 })
    let flat = try Tool.run("predict flat.nii --model cnn.onnx", in: folder.url)
    #expect(flat.status == 0)
    #expect(flat.error.contains("pellucid: warning: flat.nii: the network's input is the same everywhere; "))
    let twice = try Tool.run(
      "predict scan.nii.gz --model aged.onnx --input age=70 --input age=71", in: folder.url)
    let once = try Tool.run("predict scan.nii.gz --model aged.onnx --input age=71", in: folder.url)
    #expect(twice.status == 0 && twice.output == once.output)
    #expect(
      twice.error == "pellucid: warning: --input age is given twice; the last one, age=71, is used\n", "\(twice.error)")
    #expect(once.error.isEmpty)
  }

  @Test(arguments: [("occlusion --patch 6 --fill", "fill"), ("integrated-gradients --steps 4 --baseline", "baseline")])
  func `of the files that a method's options name`(method: String, option: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("scan.nii", try image(folder))
    try folder.write("other.nii", try image(folder) { $0 == 5 ? .nan : Float($0 % 13) })
    let answer = try Tool.run(
      "explain scan.nii --model cnn.onnx --nan zero --method \(method) other.nii --out out", in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    let told = "other.nii: 1 voxel of 1680 is NaN or infinite; it is taken as 0"
    #expect(answer.lines.count { $0 == "pellucid: note: \(told)" } == 1, "\(answer.error)")
    let name = option == "fill" ? "occlusion" : "integrated-gradients"
    let notes = try #require(try folder.json("out/scan_\(name).json")["notes"] as? [[String: String]])
    #expect(notes.count { "\($0["what"] ?? ""); \($0["how"] ?? "")" == told } == 1, "\(notes)")
  }

  @Test(arguments: ["predict", "explain --method saliency --out out", "lesion --at 0,0,0 --radius 20"])
  func `by every command: NaN in a scan and in a card's volumes, what is cut off`(_ command: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("scan.nii", try image(folder) { $0 == 5 ? .nan : Float($0 % 17) })
    try folder.write("mean.nii", try image(folder) { $0 < 7 ? .nan : 2 })
    try folder.write("cnn.yaml", "input: {shape: [12, 14, 10], normalization: {mean: mean.nii, std: 3}}\n")
    let words = command.split(separator: " ").map(String.init)
    let first = try Tool.run(
      [words[0], "scan.nii", "--model", "cnn.onnx", "--nan", "zero"] + words.dropFirst(), in: folder.url)
    #expect(first.status == 0, "\(first.error)")
    #expect(
      first.error.contains("pellucid: note: scan.nii: 1 voxel of 1680 is NaN or infinite; it is taken as 0\n"),
      "\(first.error)")
    #expect(
      first.error.contains(
        "pellucid: note: scan.nii: the card's mean.nii: 7 voxels of 1680 are NaN or infinite; they are taken as 0\n"),
      "\(first.error)")
    try folder.write("cnn.yaml", "input: {shape: [12, 14, 10]}\n")
    let second = try Tool.run(
      [words[0], "small.nii.gz", "--model", "cnn.onnx"] + words.dropFirst(), in: folder.url)
    #expect(
      second.error.contains("the model takes 12 × 14 × 10 voxels, the scan has 9 × 14 × 10; padded: "),
      "\(second.error)")
    try folder.write("cnn.yaml", "output: {classes: [CN, AD]}\n")
    let third = try Tool.run(
      [words[0], "small.nii.gz", "--model", "cnn.onnx"] + words.dropFirst(), in: folder.url)
    #expect(third.status == 65)
    #expect(third.error.contains("cnn.yaml does not say how to bring one to the other"), "\(third.error)")
  }

  @Test func `by montage: NaN in an overlay; and its atlas takes it as 0 on request`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("map.nii", try image(folder) { $0 % 9 == 0 ? .nan : Float($0) })
    try folder.write("atlas.nii", try image(folder) { $0 < 100 ? .nan : 1 })
    let map = try Tool.run("montage scan.nii.gz --overlay map.nii --slices 1 --out p.png", in: folder.url)
    #expect(map.status == 0)
    #expect(
      map.error.contains("pellucid: note: map.nii: 187 voxels of 1680 are NaN or infinite; they are taken as 0\n"),
      "\(map.error)")
    let strict = try Tool.run(
      "montage scan.nii.gz --overlay map.nii --nan refuse --slices 1 --out q.png", in: folder.url)
    #expect(strict.status == 65)
    let contours = "montage scan.nii.gz --contours atlas.nii --slices 1 --out c.png"
    #expect(try Tool.run(contours, in: folder.url).status == 65)
    let taken = try Tool.run(contours + " --nan zero", in: folder.url)
    #expect(taken.status == 0 && taken.error.contains("100 voxels of 1680 are NaN or infinite"), "\(taken.error)")
  }

  @Test func `by regions: atlases with NaN, and labels that are nearly whole numbers`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("map.nii", try image(folder))
    try folder.write("atlas.nii", try image(folder) { $0 < 100 ? .nan : $0 < 800 ? 1.06 : 2 })
    let command = "regions map.nii --atlas atlas.nii"
    #expect(try Tool.run(command + " --nan zero", in: folder.url).error.contains("(--labels-tolerance 0.1)"))
    let answer = try Tool.run(command + " --nan zero --labels-tolerance 0.1", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.contains("note: 700 label values are not quite whole numbers (off by up to 0.06); "))
    #expect(answer.output.contains("region-1") && answer.output.contains("region-2"))
    #expect(try Tool.run(command + " --labels-tolerance 0.5", in: folder.url).status == 64)
  }
}
