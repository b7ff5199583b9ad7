import PellucidAttribution
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Cascades of a scan` {
  @Test func `has Zennit's relevance at every stage and along the path`() throws {
    let reference = try MaximizeReference.read()
    let network = try PlantedNetwork.network("reference")
    let cascade = try Cascade(
      of: reference.tensor(reference.scan), to: try PlantedNetwork.score(network, "1"), by: try RelevancePropagation())
    #expect(cascade.stages.map(\.tensor) == ["r1", "r2"])
    for (stage, wanted) in zip(cascade.stages, reference.cascade.relevance) {
      let off = relativeError(stage.channels.map(\.relevance), wanted)
      #expect(off < 1e-5, "\(stage.tensor): \(off)")
    }
    #expect(relativeError(cascade.image.ordered(.rowMajor).values, reference.cascade.image) < 1e-5)
    #expect(relativeError(cascade.path.ordered(.rowMajor).values, reference.cascade.path) < 1e-5)
    for (stage, wanted) in zip(cascade.stages, reference.cascade.picks) {
      #expect(stage.path?.channel == wanted.channel)
      #expect(abs((stage.path?.part ?? 0) - wanted.part) < 1e-5)
    }
  }

  @Test func `finds the channel that a class hangs on, and not with permuted weights`() throws {
    func path(_ network: Network, seed: Int) throws -> (channel: Int, share: Double) {
      var noise = Noise(seed: seed)
      let scan = noise.tensor([1, 1, 8, 8, 8]).combined(.add, with: Tensor([0.5], shape: Shape([1])))
      let cascade = try Cascade(of: scan, to: try PlantedNetwork.score(network, "1"), by: try RelevancePropagation())
      let stage = cascade.stages[0]
      return (stage.path?.channel ?? -1, stage.channels[2].share)
    }
    let network = try PlantedNetwork.network("hanging")
    for seed in 0..<5 {
      let found = try path(network, seed: seed)
      #expect(found.channel == 2 && abs(found.share - 1) < 1e-4)
    }
    let shares = try (1...8).map { try path(try PlantedNetwork.twin("hanging", seed: $0), seed: 1).share }
    #expect(shares.contains { !($0 > 0.9) })
  }

  @Test func `keeps relevance whole at every stage`() throws {
    let network = try PlantedNetwork.network("hanging")
    let scan = Tensor(repeating: 1, shape: Shape([1, 1, 8, 8, 8]))
    let cascade = try Cascade(of: scan, to: try PlantedNetwork.score(network, "0"), by: try RelevancePropagation())
    for stage in cascade.stages { #expect(abs(stage.sum - cascade.start) < 1e-4 * abs(cascade.start)) }
  }

  @Test func `takes the layers that are named, in the network's order`() throws {
    let network = try PlantedNetwork.network("reference")
    let reference = try MaximizeReference.read()
    let layers = try LayerChoice.list("r2,c1", in: network).map(\.value)
    let cascade = try Cascade(
      of: reference.tensor(reference.scan), to: try PlantedNetwork.score(network, "1"), layers: layers,
      by: try RelevancePropagation())
    #expect(cascade.stages.map(\.tensor) == ["c1", "r2"])
    let behind = try LayerChoice("y", in: network).value
    #expect(
      fault {
        _ = try Cascade(
          of: reference.tensor(reference.scan), to: try PlantedNetwork.score(network, "1"), layers: [behind],
          by: try RelevancePropagation())
      } == nil)
  }
}
