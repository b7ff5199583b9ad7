import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidTensors
import TestSupport
import Testing

@Suite struct `Inverting a layer` {
  @Test func `has PyTorch's objective and slope`() throws {
    let reference = try MaximizeReference.read()
    let network = try PlantedNetwork.network("reference")
    for wanted in reference.objectives {
      var settings = Inversion.Settings()
      (settings.alpha, settings.beta) = (wanted.alpha, wanted.beta)
      (settings.weightAlpha, settings.weightBeta) = (wanted.norm, wanted.variation)
      let inversion = try Inversion(
        try LayerChoice(wanted.layer, in: network).value, channel: wanted.channel,
        of: reference.tensor(reference.scan), in: network, settings: settings)
      let found = try inversion.objective(at: reference.tensor(reference.image))
      #expect(abs(found.error - wanted.error) < 1e-5 * wanted.error, "\(wanted.layer): \(found.error)")
      #expect(abs(found.total - wanted.total) < 1e-5 * wanted.total, "\(wanted.layer): \(found.total)")
      let off = relativeError(found.gradient.values, wanted.gradient)
      #expect(off < 2e-5, "\(wanted.layer): \(off)")
    }
  }

  @Test func `recovers the half that a layer keeps, and not the other`() throws {
    let network = try PlantedNetwork.network("half")
    var noise = Noise(seed: 8)
    let scan = noise.tensor([1, 1, 8, 8, 8])
    func likeness(_ image: Tensor, _ columns: Range<Int>) -> Double {
      func half(_ x: Tensor) -> Tensor {
        let values = x.values
        let kept = values.indices.filter { columns.contains($0 % 8) }.map { values[$0] }
        return Tensor(kept, shape: Shape([kept.count]))
      }
      return half(image).correlation(with: half(scan))
    }
    var settings = Inversion.Settings()
    (settings.steps, settings.weightAlpha, settings.weightBeta) = (300, 1e-4, 1e-4)
    for optimizer in AscentSettings.Optimizer.allCases {
      settings.optimizer = optimizer
      let inversion = try Inversion(
        try LayerChoice("h", in: network).value, of: scan, in: network, settings: settings)
      let found = try inversion.run()
      #expect(found.error < 0.02, "\(optimizer): \(found.error)")
      #expect(found.error == (try inversion.error(of: found.image)))
      #expect(likeness(found.image, 0..<4) > 0.97, "\(optimizer): \(likeness(found.image, 0..<4))")
      #expect(abs(likeness(found.image, 5..<8)) < 0.5, "\(optimizer): \(likeness(found.image, 5..<8))")
      // One pass has no say where the layer has none.
      let linear = try inversion.linearReconstruction()
      #expect(
        likeness(linear, 0..<4) > 0.8 && linear.values.indices.allSatisfy { $0 % 8 < 5 || linear.values[$0] == 0 })
    }
    // Permuted, the mask is spread over the image, and the other half is not lost.
    let twin = try PlantedNetwork.twin("half", seed: 2)
    let other = try Inversion(try LayerChoice("h", in: twin).value, of: scan, in: twin, settings: settings).run()
    #expect(likeness(other.image, 5..<8) > 0.5, "\(likeness(other.image, 5..<8))")
  }

  @Test func `counts one channel alone`() throws {
    let reference = try MaximizeReference.read()
    let network = try PlantedNetwork.network("reference")
    var settings = Inversion.Settings()
    settings.steps = 150
    let layer = try LayerChoice("c1", in: network)
    let scan = reference.tensor(reference.scan)
    let inversion = try Inversion(layer.value, channel: 2, of: scan, in: network, settings: settings)
    let found = try inversion.run()
    let (own, target) = (
      try network.ending(at: layer.value).logits(found.image).values,
      try network.ending(at: layer.value).logits(scan).values
    )
    let cells = own.count / 4
    let of = { (values: [Float]) in Array(values[(2 * cells)..<(3 * cells)]) }
    let error = relativeError(of(own), of(target))
    #expect(abs(error * error - found.error) < 1e-4 * found.error)
    #expect(found.error < 0.05, "\(found.error)")
    #expect(inversion.values == cells)
  }

  @Test func `sends a layer's answer back as the deconvnet does`() throws {
    let network = try PlantedNetwork.network("hanging")
    var noise = Noise(seed: 9)
    let scan = noise.tensor([1, 1, 8, 8, 8])
    let layer = try LayerChoice("r", in: network).value
    let inversion = try Inversion(layer, of: scan, in: network)
    // The transposed convolution of the rectified answer: J·x = ‖r‖² where both go through the same switches.
    let answer = try network.ending(at: layer).logits(scan)
    let linear = try inversion.linearReconstruction()
    #expect(abs(linear.dot(scan) - answer.dot(answer)) < 1e-3 * answer.dot(answer))
    // Behind the layer's own rectifier there is nothing that the deconvnet would switch otherwise but what is 0 anyway.
    #expect(relativeError(try inversion.deconvnet().values, linear.values) < 1e-5)
  }

  @Test func `refuses what is not there`() throws {
    let network = try PlantedNetwork.network("reference")
    let scan = try MaximizeReference.read().tensor(try MaximizeReference.read().scan)
    let layer = try LayerChoice("c1", in: network).value
    #expect(
      fault { _ = try Inversion(layer, channel: 4, of: scan, in: network) }?.line
        == "the layer c1 has no channel 4; they are 0 to 3")
    let dark = Tensor(repeating: -1, shape: Shape([1, 1, 8, 8, 8]))
    let hanging = try PlantedNetwork.network("hanging")
    #expect(
      fault {
        _ = try Inversion(try LayerChoice("r", in: hanging).value, channel: 2, of: dark, in: hanging)
      }?.what == "channel 2 of the layer r answers the scan with zeros: nothing can be rebuilt from it")
    var settings = Inversion.Settings()
    settings.beta = 0.5
    #expect(
      fault { _ = try Inversion(layer, of: scan, in: network, settings: settings) }?.line
        == "`beta` 0.5 is not a power from 1 to 16")
  }
}
