import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Maximizing a unit` {
  @Test func `goes the way that PyTorch goes with the same settings`() throws {
    let reference = try MaximizeReference.read()
    let network = try PlantedNetwork.network("reference")
    let base = Tensor(repeating: 0, shape: Shape(reference.shape), order: .rowMajor)
    let start = reference.tensor(reference.image.map { $0 * 0.1 })
    for ascent in reference.ascents {
      var settings = AscentSettings(AscentSettings.Preset(rawValue: ascent.preset) ?? .plain)
      if ascent.preset == "momentum" {
        (settings.optimizer, settings.momentum, settings.normalization) = (.momentum, 0.9, .rms)
      }
      settings.steps = ascent.course.count - 1
      let goal =
        if ascent.layer == "y" { AscentGoal(try PlantedNetwork.score(network, "\(ascent.channel)")) } else {
          try AscentGoal("\(ascent.channel)", of: try LayerChoice(ascent.layer, in: network).value, in: network)
        }
      let found = try #require(
        try Maximization(goal, from: base, startingAt: start, settings: settings).run().first)
      // The first steps are the same but for rounding; later ones may take another voxel where two are nearly alike.
      for step in 0..<5 {
        #expect(
          abs(found.course[step] - ascent.course[step]) < 1e-3 * max(1, abs(ascent.course[step])),
          "\(ascent.preset) \(ascent.layer) step \(step): \(found.course[step]) for \(ascent.course[step])")
      }
      let (own, theirs) = (found.activation, ascent.course[ascent.course.count - 1])
      #expect(own > 0.95 * theirs, "\(ascent.preset) \(ascent.layer): \(own) for \(theirs)")
    }
  }

  @Test func `finds the shape that a unit was made for, and not with permuted weights`() throws {
    let shape = Shape(n: 1, c: 1, d: 12, h: 12, w: 12)
    let ball = try Self.ball()
    func likeness(_ network: Network, _ preset: AscentSettings.Preset) throws -> Double {
      var settings = AscentSettings(preset)
      (settings.steps, settings.noise) = (100, 0.05)
      // Moves of two voxels would smear out a shape of five.
      settings.jitter = 0
      let goal = try AscentGoal("0", of: try LayerChoice("c", in: network).value, in: network, at: [6, 6, 6])
      let base = Tensor(repeating: 0, shape: shape, order: .rowMajor)
      let image = try Maximization(goal, from: base, settings: settings).run()[0].image
      return Self.patch(of: image, around: 6).correlation(with: ball)
    }
    for preset in [AscentSettings.Preset.plain, .blur, .decay, .smooth, .lucid] {
      let found = try likeness(try PlantedNetwork.network("ball"), preset)
      #expect(found > 0.75, "\(preset): \(found)")
      let twin = try likeness(try PlantedNetwork.twin("ball", seed: 3), preset)
      #expect(abs(twin) < 0.5, "\(preset), permuted: \(twin)")
    }
  }

  @Test func `stays within its bound of where it began`() throws {
    let network = try PlantedNetwork.network("reference")
    let reference = try MaximizeReference.read()
    var settings = AscentSettings(.plain)
    (settings.bound, settings.noise, settings.steps) = (0.2, 0, 30)
    let base = reference.tensor(reference.scan)
    for parametrization in AscentSettings.Parametrization.allCases {
      settings.parametrization = parametrization
      let found = try Maximization(AscentGoal(try PlantedNetwork.score(network, "1-0")), from: base, settings: settings)
        .run()[
          0]
      let change = found.image.combined(.subtract, with: base)
      #expect(change.range.upperBound <= 0.2001 && change.range.lowerBound >= -0.2001)
      #expect(found.activation > found.course[0] + 1)
    }
  }

  @Test func `gives the same image for a seed, and another one for another`() throws {
    let network = try PlantedNetwork.network("reference")
    var settings = AscentSettings(.lucid)
    (settings.steps, settings.seeds) = (5, [0, 1, 0])
    let goal = try AscentGoal("2-3", of: try LayerChoice("conv2", in: network).value, in: network)
    let base = Tensor(repeating: 0, shape: network.inputShape, order: .rowMajor)
    let found = try Maximization(goal, from: base, settings: settings).run()
    #expect(found[0].image.values == found[2].image.values)
    #expect(found[0].image.squaredDistance(to: found[1].image) > 1e-3)
  }

  @Test func `knows a cell, a direction and a mean of a channel apart`() throws {
    let network = try PlantedNetwork.network("reference")
    let layer = try LayerChoice("c2", in: network).value
    let image = try { try MaximizeReference.read().tensor(try MaximizeReference.read().scan) }()
    let all = try network.exposing([layer]).activations([layer], of: image)[layer]?.ordered(.rowMajor).values ?? []
    let cells = all.count / 6
    func value(_ text: String, at cell: [Int]? = nil) throws -> Double {
      try AscentGoal(text, of: layer, in: network, at: cell).value(of: image)
    }
    let means = (0..<6).map { c in all[(c * cells)..<((c + 1) * cells)].reduce(0) { $0 + Double($1) } / Double(cells) }
    #expect(abs(try value("3") - means[3]) < 1e-5)
    #expect(abs(try value("3-5") - (means[3] - means[5])) < 1e-5)
    // [4, 4, 3] cells: d 1, h 2, w 0.
    #expect(abs(try value("4", at: [1, 2, 0]) - Double(all[4 * cells + (1 * 4 + 2) * 3])) < 1e-5)
  }

  @Test func `refuses what is not there, and says so of what never answers`() throws {
    let network = try PlantedNetwork.network("reference")
    let layer = try LayerChoice("c2", in: network).value
    #expect(
      fault { _ = try AscentGoal("6", of: layer, in: network) }?.line
        == "the layer c2 has no channel 6; they are 0 to 5; a direction is written as 3-7")
    #expect(
      fault { _ = try AscentGoal("1", of: layer, in: network, at: [4, 0, 0]) }?.line
        == "the layer c2 has no cell 4,0,0: it has 4 × 4 × 3 of them, counted from 0")
    var settings = AscentSettings()
    settings.decay = 1
    let goal = try AscentGoal("1", of: layer, in: network)
    let base = Tensor(repeating: 0, shape: network.inputShape, order: .rowMajor)
    #expect(
      fault { _ = try Maximization(goal, from: base, settings: settings) }?.line
        == "`decay` 1.0 is not a part from 0 to below 1")
    // A rectified channel far below 0.
    settings = AscentSettings(.plain)
    (settings.steps, settings.noise) = (3, 0)
    let hanging = try PlantedNetwork.network("hanging")
    let dead = try AscentGoal("2", of: try LayerChoice("r", in: hanging).value, in: hanging)
    let dark = Tensor(repeating: -1, shape: hanging.inputShape, order: .rowMajor)
    let error = fault { _ = try Maximization(dead, from: dark, settings: settings).run() }
    #expect(error?.kind == .badData && error?.what == "r:2 does not change with the image, wherever the ascent begins")
  }

  @Test func `sums cosines whose gradient is the transpose`() throws {
    var noise = Noise(seed: 4)
    let shape = [1, 2, 5, 6, 7]
    let basis = FrequencyBasis(Shape(shape))
    let (z, g) = (noise.tensor(shape), noise.tensor(shape))
    let (forward, back) = (basis.image(z), basis.gradient(g))
    #expect(abs(forward.dot(g) - z.dot(back)) < 1e-3)
    // White coefficients make an image of the same variance.
    #expect(abs((forward.dot(forward) / z.dot(z)).squareRoot() - 1) < 0.5)
  }

  @Test func `moves images, and gradients back by the transpose`() throws {
    var noise = Noise(seed: 5)
    let shape = [1, 2, 5, 6, 7]
    var settings = AscentSettings()
    (settings.jitter, settings.scaling, settings.rotation) = (1, 0.1, 20)
    let move = try #require(RandomMove(settings, seed: 1, step: 2, extents: [5, 6, 7]))
    let (x, g) = (noise.tensor(shape), noise.tensor(shape))
    #expect(abs(x.moved(by: move.matrix).dot(g) - x.dot(g.movedBack(by: move.matrix))) < 1e-4)
    // Of a shift by whole voxels, by hand.
    let one = x.moved(by: [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0]).values
    #expect(one[0..<42] == x.values[42..<84])
    #expect(one[168..<210] == x.values[168..<210])
  }

  private static func ball() throws -> Tensor {
    let weights = try PlantedNetwork.model("ball").graph.initializers["w"]?.floats ?? []
    return Tensor(Array(weights[0..<125]), shape: Shape([5, 5, 5]))
  }

  /// The 5³ voxels around a place.
  private static func patch(of image: Tensor, around place: Int) -> Tensor {
    let values = image.values
    let near = (place - 2)...(place + 2)
    let voxels = near.flatMap { d in near.flatMap { h in near.map { w in values[(d * 12 + h) * 12 + w] } } }
    return Tensor(voxels, shape: Shape([5, 5, 5]))
  }
}
