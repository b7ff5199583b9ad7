import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidVolumes
import TestSupport
import Testing

/// Concepts made of regions of an atlas: place.onnx's second class hangs on octant 5 being brighter than octant 4 (`make_mace.py`).
@Suite struct `Regions as concepts` {
  private struct Study {
    let folder: TemporaryFolder
    let atlas: Atlas
    let random, scans: [ScanReference]

    /// The eight octants of scans that are everywhere brighter than the background, each as bright as chance has it.
    init() throws {
      folder = try TemporaryFolder()
      try Planted.volume { Float(1 + $0 / 4 + 2 * ($1 / 4) + 4 * ($2 / 4)) }.write(to: folder.path("octants.nii.gz"))
      try folder.write(
        "octants.tsv", "index\tname\n" + (1...8).map { "\($0)\toctant-\($0 - 1)\n" }.joined())
      atlas = try Atlas(contentsOf: folder.path("octants.nii.gz"))
      random = try Planted.write((0..<24).map { Self.scan(seed: $0) }, to: folder, as: "random")
      scans = try Planted.write((100..<106).map { Self.scan(seed: $0) }, to: folder, as: "scan")
    }

    private static func scan(seed: Int) -> Volume {
      var noise = Noise(seed: 7919 * (seed + 500))
      let values = noise.values(512)
      let bright = noise.values(8).map { 1.5 + 0.3 * $0 }
      return Planted.volume { i, j, k in
        bright[i / 4 + 2 * (j / 4) + 4 * (k / 4)] + 0.2 * values[i + 8 * (j + 8 * k)]
      }
    }

    func explainer() throws -> Explainer {
      var options = try Planted.explainer("place.onnx", target: "1").options
      options.atlas = atlas
      return Explainer(try Classifier(model: Planted.fixture("place.onnx")), options: options)
    }

    func test(
      _ regions: [String], kind: RegionExample.Kind, in explainer: Explainer
    ) throws -> [String: ConceptTest.Result] {
      var options = ConceptTest.Options()
      options.runs = 12
      let concepts = try regions.map { name in
        let change = RegionExample(region: try atlas.region(named: name).index, kind: kind)
        return ConceptTest.Concept(name: name, change: change, of: random)
      }
      let test = try ConceptTest(
        of: concepts, against: random, on: scans, layers: "relu", in: explainer, options: options
      ) { _ in SilentProgress() }
      return Dictionary(uniqueKeysWithValues: test.results.map { ($0.concept, $0) })
    }
  }

  @Test func `what a class hangs on is missed when its region is removed, and no other`() throws {
    let study = try Study()
    let found = try study.test(["octant-4", "octant-3", "octant-0"], kind: .removed, in: try study.explainer())
    let (bright, dark) = (try #require(found["octant-4"]), try #require(found["octant-3"]))
    // Without what is to be bright the class falls, without what is to be dark it rises.
    #expect(bright.scores.allSatisfy { $0 == 0 } && dark.scores.allSatisfy { $0 == 1 })
    #expect((bright.bonferroni ?? 1) < 0.05 && (dark.bonferroni ?? 1) < 0.05)
    #expect(bright.accuracy > 0.95)
    let other = try #require(found["octant-0"])
    #expect(abs(other.sensitivity) < 0.25 * abs(bright.sensitivity), "\(other.sensitivity) of \(bright.sensitivity)")
  }

  @Test func `a region kept alone speaks for the class where it is what the class hangs on`() throws {
    let study = try Study()
    let found = try study.test(["octant-4", "octant-3"], kind: .kept, in: try study.explainer())
    #expect((found["octant-4"]?.sensitivity ?? 0) > 0 && (found["octant-3"]?.sensitivity ?? 0) < 0)
    #expect(found["octant-4"]?.scores.allSatisfy { $0 == 1 } == true)
  }

  @Test func `of networks whose weights are shuffled the region is not missed`() throws {
    let study = try Study()
    let explainer = try study.explainer()
    let own = abs(try study.test(["octant-4"], kind: .removed, in: explainer)["octant-4"]?.sensitivity ?? 0)
    let head = try #require(explainer.classifier.model.weightedLayers.last)
    for seed in 0..<4 {
      let twin = try explainer.randomizing([head], seed: seed)
      let found = abs(try study.test(["octant-4"], kind: .removed, in: twin)["octant-4"]?.sensitivity ?? 1)
      #expect(found < 0.4 * own, "twin \(seed): \(found) of \(own)")
    }
  }

  @Test func `a region that the input does not hold, and one with no other beside it, are refused`() throws {
    let study = try Study()
    let outside = fault {
      let change = RegionExample(region: 99, kind: .removed)
      _ = try ConceptTest(
        of: [.init(name: "nowhere", change: change, of: study.random)], against: study.random, on: study.scans,
        layers: "relu", in: try study.explainer()
      ) { _ in SilentProgress() }
    }
    #expect(outside?.line.contains("the region 99 has no voxel on the network's input") == true)
    #expect(fault { _ = try study.atlas.region(named: "octant-9") }?.line.contains("octant-") == true)
  }
}
