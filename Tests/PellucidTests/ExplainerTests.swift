import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidPreprocessing
import PellucidResults
import PellucidTensors
import PellucidVolumes
import Testing

@Suite struct ExplainerTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  @Test func `Gradient times input and the bias make the score`() throws {
    let scan = try bench.scan([4, 5, 6])
    for (target, bias) in [("0", 0.25), ("1", -0.5), ("1-0", -0.75), ("0.5*0+0.25*1", 0)] {
      let explainer = Explainer(try bench.classifier("linear")) { $0.target = target }
      let explanation = try explainer.explanation(scan, "gradient-x-input")
      #expect(isClose(explanation.relevance.map.sum + bias, explanation.score), "\(target)")
      #expect(explanation.target.name == target && explanation.scoreKind == .logit)
    }
  }

  @Test func `The score is on the scale that is asked for`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("open", card: "output: {classes: [CN, AD]}\n")
    let subject = try Explainer(classifier).prepare(scan)
    let probabilities = try #require(subject.probabilities)
    #expect(probabilities.count == 2 && isClose(Double(probabilities[0] + probabilities[1]), 1))
    for (kind, parts) in [(ScoreKind.logit, subject.scores), (.probability, probabilities)] {
      let explainer = Explainer(classifier) {
        $0.score = kind
        $0.target = "AD-CN"
      }
      let explanation = try explainer.explanation(scan, "saliency")
      #expect(explanation.scoreKind == kind && isClose(explanation.score, Double(parts[1]) - Double(parts[0])))
    }
    #expect(try Explainer(classifier).explanation(scan, "occlusion").scoreKind == .probability)
    #expect(try Explainer(classifier).explanation(scan, "saliency").scoreKind == .logit)
  }

  @Test func `Without a target the answer is explained`() throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("linear", card: "output: {classes: [CN, AD]}\n"))
    let subject = try explainer.prepare(scan)
    let predicted = try #require(subject.predicted)
    #expect(subject.scores[predicted] == subject.scores.max())
    #expect(try explainer.question(for: subject).target.name == ["CN", "AD"][predicted])
  }

  @Test func `An unknown class is a usage error with a near miss`() throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("linear", card: "output: {classes: [Control, Dementia]}\n")) {
      $0.target = "Dementai"
    }
    let error = fault { _ = try explainer.explanation(scan, "saliency") }
    #expect(error?.kind == .usage && error?.line.contains("did you mean Dementia?") == true)
  }

  @Test func `Two channels, as a 4D image or as two files`() throws {
    let card = "output: {classes: [CN, AD]}\n"
    let whole = try bench.scan([4, 5, 6], channels: 2)
    _ = try bench.scan([4, 5, 6], as: "t1.nii.gz")
    _ = try bench.scan([4, 5, 6], as: "gm.nii.gz") { i, j, k, _ in Float((7 * i + 5 * j + 3 * k + 2) % 11) / 4 - 1 }
    let joined = ScanReference(bench.path("t1.nii.gz") + "+" + bench.path("gm.nii.gz"))
    #expect(joined.stem == "t1" && joined.paths.count == 2)
    let explainer = Explainer(try bench.classifier("pair", card: card)) { $0.target = "AD" }
    #expect(try explainer.prepare(whole).scores == explainer.prepare(joined).scores)
    let one = try explainer.explanation(whole, "gradient-x-input").volume
    let two = try explainer.explanation(joined, "gradient-x-input").volume
    #expect(one.channels == 2 && one.voxels == two.voxels)
    #expect(Array(one.voxels[..<120]) != Array(one.voxels[120...]))

    let summing = Explainer(explainer.classifier) {
      $0.target = "AD"
      $0.channels = .sum
    }
    let sum = try summing.explanation(whole, "gradient-x-input").volume
    #expect(sum.channels == 1)
    for n in 0..<120 { #expect(abs(sum.voxels[n] - (one.voxels[n] + one.voxels[120 + n])) < 1e-6) }
  }

  @Test(arguments: ["grad-cam", "occlusion"])
  func `Maps that channels share come once a channel, or once`(_ method: String) throws {
    let scan = try bench.scan([4, 5, 6], channels: 2)
    let classifier = try bench.classifier("pair")
    let each = try Explainer(classifier).explanation(scan, method, method == "occlusion" ? ["patch": "2"] : [:])
    #expect(each.volume.channels == 2 && Array(each.volume.voxels[..<120]) == Array(each.volume.voxels[120...]))
    #expect(each.overlay.voxels == Array(each.volume.voxels[..<120]), "a picture shows the map once")
    let sum = try Explainer(classifier) { $0.channels = .sum }
      .explanation(scan, method, method == "occlusion" ? ["patch": "2"] : [:]).volume
    #expect(sum.channels == 1 && sum.voxels == Array(each.volume.voxels[..<120]))
  }

  @Test func `A wrong number of channels is refused`() throws {
    let scan = try bench.scan([4, 5, 6])
    let error = fault { _ = try Explainer(bench.classifier("pair")).prepare(scan) }
    #expect(
      error?.kind == .badData && error?.line.contains("pair.onnx takes 2 channels, the image is one volume") == true)
  }

  @Test func `One output for two classes`() throws {
    let scan = try bench.scan([4, 5, 6], channels: 2)
    let named = try bench.classifier("pair", card: "output: {classes: [CN, AD]}\n")
    let subject = try Explainer(named).prepare(scan)
    let probabilities = try #require(subject.probabilities)
    #expect(subject.scores[0] == -subject.scores[1] && isClose(Double(probabilities[0] + probabilities[1]), 1))
    let maps = try ["CN", "AD"].map { target in try Explainer(named) { $0.target = target }.explanation(scan, "lrp") }
    #expect(maps[0].score == -maps[1].score)
    #expect(zip(maps[0].volume.voxels, maps[1].volume.voxels).allSatisfy { abs($0 + $1) < 1e-6 })
  }

  @Test func `One output alone`() throws {
    let scan = try bench.scan([4, 5, 6], channels: 2)
    let explainer = Explainer(try bench.classifier("pair"))
    let subject = try explainer.prepare(scan)
    #expect(subject.predicted == nil && subject.scores.count == 1 && subject.probabilities?.count == 1)
    #expect(subject.classes.activation == .sigmoid && subject.classes.name(of: 0) == "0")
    let explanation = try explainer.explanation(scan, "saliency")
    #expect(explanation.target.name == "0" && isClose(explanation.score, Double(subject.scores[0])))
  }

  @Test func `Voxels that are not finite are refused, or taken as 0`() throws {
    let scan = try bench.scan([4, 5, 6]) { i, j, k, _ in i == 1 && j == 2 && k == 3 ? .nan : 1 }
    let classifier = try bench.classifier("linear")
    let error = fault { _ = try Explainer(classifier).prepare(scan) }
    #expect(error?.kind == .badData && error?.line.contains("scan.nii.gz") == true)
    let lenient = Explainer(classifier) {
      $0.nan = .zero
      $0.target = "1"
    }
    let subject = try lenient.prepare(scan)
    let full = (1...120).reduce(0.0) { $0 + Double($1) / 120 }
    #expect(isClose(Double(subject.scores[1]), full - 0.5 - Double(weight(1, 2, 3))))
    #expect(!subject.notes.isEmpty, "a note tells what was mended")
    #expect(try lenient.explanation(scan, "gradient-x-input").volume.at(1, 2, 3) == 0)
  }

  @Test func `The card's activation must not contradict the graph's`() throws {
    let classifier = try bench.classifier("open", card: "output: {activation: sigmoid}\n")
    let scan = try bench.scan([4, 5, 6])
    let error = fault { _ = try Explainer(classifier).prepare(scan) }
    #expect(error?.kind == .badData && error?.place.part == "output.activation")
  }

  @Test func `More names than outputs are refused, naming the card`() throws {
    let classifier = try bench.classifier("linear", card: "output: {classes: [A, B, C]}\n")
    let scan = try bench.scan([4, 5, 6])
    let error = fault { _ = try Explainer(classifier).prepare(scan) }
    #expect(error?.kind == .badData && error?.place.file?.hasSuffix("linear.yaml") == true)
  }

  @Test func `A layer that is not there names the model's layers`() throws {
    let scan = try bench.scan([7, 6, 5])
    let error = fault { _ = try Explainer(bench.classifier("open")).explanation(scan, "grad-cam", ["layer": "cnov"]) }
    #expect(error?.kind == .usage && error?.line.contains("did you mean conv") == true)
  }

  @Test func `Options of other methods do not disturb`() throws {
    let scan = try bench.scan([4, 5, 6])
    _ = try Explainer(bench.classifier("linear")).explanation(scan, "saliency", ["patch": "what"])
  }
}

@Suite struct RegionTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  @Test func `The table is the map's`() throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("linear")) {
      $0.target = "1"
      $0.atlas = try? halves([4, 5, 6], leaving: 1)
    }
    let explanation = try explainer.explanation(scan, "gradient-x-input")
    let table = try #require(explanation.table)
    #expect(table.rows.map { $0.region?.name } == ["Low_L", "High_R", "Nowhere", nil])
    var sums = [0.0, 0, 0]
    for i in 0..<4 {
      for j in 0..<5 { for k in 0..<6 { sums[k == 0 ? 2 : i < 2 ? 0 : 1] += Double(explanation.volume.at(i, j, k)) } }
    }
    #expect(isClose(try #require(table.rows[0].values?.sum), sums[0]))
    #expect(isClose(try #require(table.rows[1].values?.sum), sums[1]))
    #expect(isClose(try #require(table.rows[3].values?.sum), sums[2]))
    #expect(table.rows[2].values == nil && !table.hasScoreDrops)
    #expect(table.rows[0].coverage == 1 && table.rows[2].coverage == nil)
  }

  /// The model is linear, so that a region's drop is the sum of weight × value over it.
  @Test func `Region occlusion drops are the regions' parts of the score`() throws {
    let scan = try bench.scan([4, 5, 6])
    let explainer = Explainer(try bench.classifier("linear")) {
      $0.target = "1"
      $0.score = .logit
      $0.atlas = try? halves([4, 5, 6])
    }
    let parts = try #require(explainer.explanation(scan, "gradient-x-input").table).rows
    let explanation = try explainer.explanation(scan, "region-occlusion")
    let rows = try #require(explanation.table).rows
    for row in [0, 1] {
      let drop = try #require(rows[row].scoreDrop)
      #expect(isClose(drop, try #require(parts[row].values?.sum), 1e-4))
      #expect(isClose(try #require(rows[row].values?.mean), drop))
    }
    #expect(rows[2].scoreDrop == nil && rows[3].scoreDrop == nil)
    #expect(explanation.relevance.measure == .regional && explanation.scoreKind == .logit)
    #expect(Set(explanation.volume.voxels).count == 2)
  }

  @Test func `Coverage is the part that the model sees`() throws {
    let scan = try bench.scan([8, 5, 6])
    let explainer = Explainer(try bench.classifier("linear", card: "input: {shape: [4, 5, 6]}\n")) {
      $0.atlas = try? halves([8, 5, 6])
    }
    let rows = try #require(explainer.explanation(scan, "saliency").table).rows
    #expect(rows[0].coverage == 0.5 && rows[1].coverage == 0.5)
  }

  @Test func `An atlas on another grid meets the scan in the world`() throws {
    let scan = try bench.scan([8, 10, 12], affine: Affine(elements: [1, 0, 0, -4, 0, 1, 0, 2, 0, 0, 1, 5]))
    // The same space in voxels of 2 mm, stored the other way round along i.
    let atlas = try halves([4, 5, 6], affine: Affine(elements: [-2, 0, 0, 2.5, 0, 2, 0, 2.5, 0, 0, 2, 5.5]))
    let explainer = Explainer(try bench.classifier("linear", card: "input: {spacing: [2, 2, 2]}\n")) {
      $0.target = "1"
      $0.score = .logit
      $0.atlas = atlas
    }
    let explanation = try explainer.explanation(scan, "region-occlusion")
    let rows = try #require(explanation.table).rows
    #expect(rows[0].voxels == 480 && rows[1].voxels == 480)
    #expect(isClose(Double(explanation.volume.at(0, 0, 0)), try #require(rows[1].scoreDrop)), "low i are High_R here")
  }

  @Test func `Region occlusion without an atlas, or with one elsewhere`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("linear")
    let none = fault { _ = try Explainer(classifier).explanation(scan, "region-occlusion") }
    #expect(none?.kind == .usage && none?.line.contains("`atlas`") == true)
    let far = Explainer(classifier) {
      $0.atlas = try? halves([4, 5, 6], affine: Affine(elements: [1, 0, 0, 900, 0, 1, 0, 0, 0, 0, 1, 0]))
    }
    #expect(fault { _ = try far.explanation(scan, "region-occlusion") }?.kind == .badData)
  }
}
