import PellucidFaults
import PellucidModelCards
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct `Cards proposed from a bundle's configuration` {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ text: String) throws {
    let path = folder.path(name)
    let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  private func card() throws -> (ModelCard, String) {
    let text = try BundleConfiguration(folder: folder.path).proposal.yaml
    return (try ModelCard(yaml: text, file: "card.yaml"), text)
  }

  @Test func `take MONAI's transforms and the names of its classes`() throws {
    try write(
      "configs/metadata.json",
      """
      {"name": "AD classifier", "network_data_format": {
        "inputs": {"image": {"num_channels": 1, "spatial_shape": [96, 112, 96]}},
        "outputs": {"pred": {"channel_def": {"1": "AD", "0": "CN"}}}}}
      """)
    try write(
      "configs/inference.json",
      """
      {"preprocessing": {"_target_": "Compose", "transforms": [
        {"_target_": "LoadImaged", "keys": "image"}, {"_target_": "EnsureChannelFirstd", "keys": "image"},
        {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
        {"_target_": "Spacingd", "keys": "image", "pixdim": [1.0, 1.0, 1.5], "mode": "bilinear"},
        {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": true},
        {"_target_": "RandFlipd", "keys": "image"}]}}
      """)
    let (card, text) = try card()
    #expect(card.name == "AD classifier" && card.output.classes == ["CN", "AD"])
    #expect(card.input.orientation == "RAS" && card.input.spacing == [1, 1, 1.5] && card.input.shape == [96, 112, 96])
    #expect(card.input.normalization == .zscore && card.input.mask == .nonzero && card.input.keepZeros)
    #expect(text.contains("No key of a card does what configs/inference.json: RandFlipd does"))
  }

  @Test(
    arguments: [
      (#"{"_target_": "ScaleIntensityd", "minv": -1, "maxv": 1}"#, Normalization.minmax, [-1.0, 1] as [Double]?, nil),
      (#"{"_target_": "ScaleIntensity"}"#, .minmax, nil, nil),
      (
        #"{"_target_": "ScaleIntensityRangePercentilesd", "lower": 1, "upper": 99, "b_min": 0, "b_max": 1, "clip": true}"#,
        .percentile(low: 1, high: 99), nil, nil
      ),
      // (x − 100)/(300 − 100)·2 − 1 is (x − 200)/100.
      (
        #"{"_target_": "ScaleIntensityRanged", "a_min": 100, "a_max": 300, "b_min": -1, "b_max": 1, "clip": true}"#,
        .given(mean: .number(200), std: .number(100)), nil, 100.0...300.0
      ),
    ] as [(String, Normalization, [Double]?, ClosedRange<Double>?)])
  func `scale as MONAI's transforms do`(
    transform: String, rule: Normalization, scale: [Double]?, clip: ClosedRange<Double>?
  ) throws {
    try write("configs/inference.yaml", "preprocessing:\n  transforms:\n  - \(transform)\n")
    let (card, _) = try card()
    let scaling = card.input.scalings[0]
    #expect(scaling.normalization == rule && scaling.scale == scale && scaling.clip == clip)
  }

  @Test func `take ClinicaDL's classes in the order of their codes`() throws {
    try write(
      "maps.json",
      #"{"architecture": "Conv5_FC3", "label_code": {"AD": 1, "CN": 0}, "normalize": true, "network_task": "classification"}"#
    )
    let (card, _) = try card()
    #expect(card.output.classes == ["CN", "AD"] && card.input.normalization == .minmax && card.name == "Conv5_FC3")
  }

  @Test func `of a folder that is neither say what is looked for`() throws {
    let error = try #require(throws: PellucidError.self) { try BundleConfiguration(folder: folder.path) }
    #expect(error.kind == .badData && error.why.contains("maps.json"), "\(error)")
    try write("maps.json", "[1, 2")
    #expect(throws: PellucidError.self) { try BundleConfiguration(folder: folder.path) }
  }
}
