import Foundation
import PellucidNetworks
import PellucidVolumes
import Testing

/// `--precision bfloat16`: scoring methods alone, told in the record, refused where the processor gains nothing.
@Suite struct `Reduced precision` {
  private static let sample = "explain samples/patient_T1.nii.gz --model samples/atrophy-cnn.onnx --target AD"

  private func run(_ method: String, _ options: String = "", in folder: TemporaryFolder) throws -> Tool.Answer {
    let words =
      "\(Self.sample) --atlas aal --method \(method) --out \(folder.url.appending(path: "out").path) \(options)"
    return try Tool.run(words, in: Tool.repository)
  }

  @Test(.enabled(if: Precision.bfloat16.isSupported))
  func
    `a map is that of single precision within a hundredth of its range, and the record says how far the score is off`()
    throws
  {
    let (exact, reduced) = (try TemporaryFolder(), try TemporaryFolder())
    #expect(try run("region-occlusion", in: exact).status == 0)
    let answer = try run("region-occlusion,saliency", "--precision bfloat16", in: reduced)
    #expect(answer.status == 0, "\(answer.error)")
    let name = "out/patient_T1_region-occlusion"
    let maps = try [exact, reduced].map { try Volume(contentsOf: $0.url.appending(path: name + ".nii.gz").path).voxels }
    let range = (maps[0].max() ?? 0) - (maps[0].min() ?? 0)
    let farthest = zip(maps[0], maps[1]).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(farthest > 0 && farthest < range / 100)
    let told = try #require(try reduced.json(name + ".json")["precision"] as? [String: Any])
    #expect(told["convolutions"] as? String == "bfloat16")
    let off = try #require(told["score_error"] as? Double)
    #expect(off != 0 && abs(off) < 0.01)
    #expect(try exact.json(name + ".json")["precision"] == nil)
    #expect(try reduced.json("out/patient_T1_saliency.json")["precision"] == nil)
  }

  @Test func `a processor that gains nothing is refused`() throws {
    let folder = try TemporaryFolder()
    let words = "\(Self.sample) --method occlusion --precision bfloat16 --out \(folder.url.path)"
    let answer = try Tool.run(
      words.split(separator: " ").map(String.init), in: Tool.repository, environment: ["DNNL_MAX_CPU_ISA": "AVX2"])
    #expect(answer.status == 64 && answer.lines.count == 1 && answer.error.contains("AVX"), "\(answer.error)")
  }

  @Test(.enabled(if: Precision.bfloat16.isSupported))
  func `it is told where no method scores`() throws {
    let answer = try run("saliency", "--precision bfloat16", in: try TemporaryFolder())
    #expect(answer.status == 0 && answer.error.contains("only scores"), "\(answer.error)")
  }
}
