import Foundation
import PellucidVolumes
import Testing

/// What `predict` and `explain` say of networks whose outputs are no classes' logits (`Tests/References/make_heads.py`).
@Suite struct `Answers of all kinds` {
  /// A folder with some of those networks and their scan.
  private func folder(_ heads: [String], cards: [String: String] = [:]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for head in heads {
      let name = "head_\(head).onnx"
      try FileManager.default.copyItem(
        at: Tool.repository.appending(path: "Tests/PellucidTests/Fixtures/\(name)"),
        to: folder.url.appending(path: name))
    }
    for (head, card) in cards { try folder.write("head_\(head).yaml", card) }
    let shape = GridShape(i: 4, j: 5, k: 6)
    var voxels: [Float] = []
    for k in 0..<6 { for j in 0..<5 { for i in 0..<4 { voxels.append(Float((7 * i + 5 * j + 3 * k) % 11) / 4 - 1) } } }
    try Volume(shape: shape, voxels: voxels, affine: .identity).write(
      to: folder.url.appending(path: "scan.nii.gz").path)
    try Volume(shape: shape, voxels: voxels.map { _ in 0.5 }, affine: .identity).write(
      to: folder.url.appending(path: "flat.nii.gz").path)
    return folder
  }

  private func predicted(_ model: String, _ folder: TemporaryFolder) throws -> (json: [String: Any], error: String) {
    let answer = try Tool.run("predict scan.nii.gz --model head_\(model).onnx", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    return (try decoded(Data(answer.output.utf8)), answer.error)
  }

  @Test func `a constant scan is told by predict as by explain`() throws {
    let folder = try folder(["logits"])
    let predict = try Tool.run("predict flat.nii.gz --model head_logits.onnx", in: folder.url)
    let explain = try Tool.run(
      "explain flat.nii.gz --model head_logits.onnx --method saliency --out out", in: folder.url)
    #expect(predict.status == 0 && explain.status == 0)
    #expect(predict.error == explain.error)
    #expect(predict.error.contains("warning: flat.nii.gz: the network's input is the same everywhere"))
  }

  @Test func `every head answers by its name, and the first as ever`() throws {
    let folder = try folder(["two"])
    let (json, error) = try predicted("two", folder)
    #expect(Set(json.keys) == ["image", "scores", "probabilities", "classes", "predicted", "outputs"])
    let outputs = try #require(json["outputs"] as? [String: [String: Any]])
    #expect(Set(outputs.keys) == ["y", "age", "map"] && outputs["map"]?.isEmpty == true)
    #expect(outputs["y"]?["probabilities"] as? [Double] == json["probabilities"] as? [Double])
    let age = try #require(outputs["age"]?["scores"] as? [Double])
    #expect(age.count == 1 && abs(age[0] - 8.925) < 1e-4 && outputs["age"]?["probabilities"] == nil)
    #expect(error.contains("note: the output map is left out"))
    #expect(try Tool.run("predict scan.nii.gz --model head_two.onnx", in: folder.url).output.hasPrefix("{\"image\""))
  }

  @Test func `a regression prints a score and keeps no probabilities`() throws {
    let folder = try folder(["age"], cards: ["age": "output: {kind: regression}\n"])
    let (json, error) = try predicted("age", folder)
    #expect(json["probabilities"] == nil && error.isEmpty)
    #expect(abs(try #require(json["scores"] as? [Double])[0] + 37.9567) < 1e-3)
    let answer = try Tool.run(
      "explain scan.nii.gz --model head_age.onnx --method occlusion --patch 3 --out out", in: folder.url)
    #expect(answer.output.contains("occlusion for 0 (score -37.957"), "\(answer.output)")
    #expect(try folder.json("out/scan_occlusion.json")["probabilities"] == nil)
  }

  @Test func `an output for places is refused with what could be meant`() throws {
    let folder = try folder(["segmentation"])
    let answer = try Tool.run("predict scan.nii.gz --model head_segmentation.onnx", in: folder.url)
    #expect(answer.status == 65 && answer.lines.count == 1)
    #expect(answer.error.contains("(class), or explain a channel's mean with the target unit:y:CHANNEL"))
    let mean = try Tool.run(
      "explain scan.nii.gz --model head_segmentation.onnx --method grad-cam --layer y --target unit:y:1 --out out",
      in: folder.url)
    #expect(mean.status == 0, "\(mean.error)")
  }

  @Test func `a class activation map says where its cells are`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let one = try Tool.run("explain scan.nii.gz --model cnn.onnx --method grad-cam,saliency --out out", in: folder.url)
    let line = try #require(one.output.split(separator: "\n").first { $0.contains("grad-cam for") })
    #expect(line.contains(" s), at ") && line.contains(", cells ") && line.hasSuffix(" mm"), "\(line)")
    let facts = try #require(try folder.json("out/scan_grad-cam.json")["facts"] as? [String: Any])
    #expect(line.contains("at \(try #require(facts["layer"] as? String)), cells "))
    let other = try #require(one.output.split(separator: "\n").first { $0.contains("saliency for") })
    #expect(other.hasSuffix(" s)"))
  }
}
