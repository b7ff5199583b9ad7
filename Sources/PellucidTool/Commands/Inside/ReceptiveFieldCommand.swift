import ArgumentParser
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidPreprocessing
import PellucidResults
import PellucidTables
import PellucidTensors
import PellucidVolumes

struct ReceptiveFieldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receptive-field",
    abstract: "Measures how far a unit sees: by the windows before it, and by its gradient.",
    discussion: """
      For example:

        pellucid receptive-field cnn.onnx --layer conv3 \\
          --image patient.nii.gz --out results

      The measured field is the mean |∂unit/∂x| over noise, or at the scan; its size is the cube root of the number of voxels with at \
      least 4.55 % of the largest value (Luo et al. 2016). Writes STEM_receptive-field_LAYER.nii.gz, the field on the network's grid, \
      .png, _curve.tsv and _curve.png (the middle units of the layers up to this one), and .json; with --ball also _response.nii.gz \
      and _response.png: what each position of the layer answers to a ball at the centre of what it sees.
      """)

  @OptionGroup var options: NetworkViewOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("An ONNX node or its output.", valueName: "name"))
  var layer: String

  @Option(help: ArgumentHelp("The unit's channel, from 0 on (default: the sum of all).", valueName: "n"))
  var channel: Int?

  @Option(help: ArgumentHelp("The unit's cell along the network's axes (default: the middle).", valueName: "d,h,w"))
  var at: String?

  @Option(help: ArgumentHelp("A scan to measure at (default: noise).", valueName: "image"))
  var image: String?

  @Option(help: ArgumentHelp("How many images of noise.", valueName: "n"))
  var samples = 10

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Standard deviation of the noise, in the network's normalized units.", valueName: "number"))
  var noise = 1.0

  @Option(help: ArgumentHelp("Start of the random numbers.", valueName: "n"))
  var seed = 0

  @Option(
    help: ArgumentHelp(
      "Also map what each position answers to a ball of this radius and contrast (default: the input's standard deviation).",
      valueName: "mm[:contrast]"))
  var ball: String?

  func validate() throws {
    if !(1...10_000).contains(samples) { throw ValidationError("--samples \(samples) is not between 1 and 10000") }
    if !(noise > 0 && noise < 1e6) { throw ValidationError("--noise \(noise) is not a number above 0") }
    if seed < 0 { throw ValidationError("--seed \(seed) is below 0") }
  }

  func run() throws {
    let cell = try at.map { try Self.cell($0) }
    let stimulus = try ball.map { try Self.stimulus($0) }
    let explainer = try options.explainer()
    let subject = try image.map { try explainer.prepare(ScanReference($0)) }
    if let subject, let image { StandardError.tell(subject.notes, of: image) }
    let network = try subject?.network ?? explainer.classifier.network()
    let world =
      try subject?.inputWorld ?? InputWorld(of: network, card: explainer.classifier.card)
    if let note = world.note { StandardError.tell([note]) }
    let layer = try LayerChoice(layer, in: network)
    let unit = try LayerUnit(layer, channel: channel, cell: cell, in: network)
    let clock = ContinuousClock()
    let begin = clock.now
    let still = Tensor(repeating: 0, shape: network.inputShape)
    let picture = { (sample: Int) throws(PellucidError) -> Tensor in
      subject?.prepared.input ?? still.withNoise(deviation: Float(noise), seed: UInt64(seed), stream: UInt64(sample))
    }
    let count = subject == nil ? samples : 1
    let measured = try MeasuredField(
      of: unit, in: network, over: count, progress: ProgressBar("field"), image: picture)
    let theoretical = TheoreticalField(of: unit, in: network)
    let curve = try FieldCurve(
      upTo: layer, samples: min(count, 2), in: network, progress: ProgressBar("curve"), image: picture)
    let response = try stimulus.map { stimulus in
      let x = subject?.prepared.input ?? still
      let contrast = stimulus.contrast ?? (subject == nil ? 1 : x.deviation)
      return (
        try ResponseMap(
          of: layer, radius: stimulus.radius, contrast: contrast, on: x, in: network, world: world,
          progress: ProgressBar("response")), contrast
      )
    }
    let seconds = ((clock.now - begin) / .microseconds(1)).rounded() / 1e6

    let stem = subject?.scan.stem ?? NetworkStem.of(options.model)
    let files = try options.output.files()
    let writer = ViewWriter(into: files, name: "\(stem)_receptive-field_\(layer.fileName)")
    let space = (subject?.anatomy.space ?? SpaceRecord()).onItsOwn
    let field = world.volume(of: measured.map, space: space)
    let voxel = world.voxelEdge
    let words = { (value: Double) in NumberText.significant(value, digits: 3) }
    let told =
      "\(unit.text): \(theoretical.size.map(String.init).joined(separator: " × ")) voxels by the windows, measured \(words(measured.size)) voxels, \(words(measured.size * voxel)) mm"
    try writer.add(field, description: "field of \(layer.tensor)", display: 0...measured.largest)
    try writer.add(
      try FieldPictures.sheet(
        of: field, box: FieldPictures.window(theoretical.box, measured.box, extents: world.extents),
        centre: theoretical.centre, over: subject?.anatomy, title: "\(stem) · \(layer.name)", subtitle: told
      ).png())
    try writer.add(curve.table(voxel: voxel), role: "curve", ending: "_curve.tsv")
    try writer.add(
      try curve.chart(
        voxel: voxel, title: "\(stem) · field over depth",
        subtitle: "middle unit, all channels, of \(curve.points.count) layers up to \(layer.name)"
      ).png(), role: "curve_picture", ending: "_curve.png")
    var endings = [".nii.gz", ".png", "_curve.tsv", "_curve.png"]
    if let (map, _) = response, let grid = LayerGrid(of: layer.value, in: network, world: world) {
      let volume = grid.volume(of: map.tensor, space: space)
      try writer.add(volume, role: "response", ending: "_response.nii.gz", description: "response of \(layer.tensor)")
      try writer.add(
        try ResponsePicture.sheet(
          of: volume, over: subject?.anatomy, title: "\(stem) · \(layer.name) · answer to a ball of \(ball ?? "") mm"
        ).png(), role: "response_picture", ending: "_response.png")
      endings += ["_response.nii.gz", "_response.png"]
    }
    try writer.finish(
      try ViewRecord(
        view: "receptive-field", of: explainer, subject: subject, layers: [layer.tensor],
        options: [
          "layer": .string(layer.name), "channel": channel.map { .integer($0) } ?? .null,
          "at": unit.cell.map { .integers($0) } ?? .null,
          "samples": .integer(count), "noise": subject == nil ? .number(noise) : .null, "seed": .integer(seed),
          "ball": ball.map { .string($0) } ?? .null,
        ],
        facts: facts(measured, theoretical, unit, world, response), notes: [world.note].compactMap { $0 },
        seconds: seconds))
    try files.commit()
    try StandardOutput.write("\(layer.name), \(told)")
    try options.output.tell(writer, endings + [".json"])
  }

  private func facts(
    _ measured: MeasuredField, _ theoretical: TheoreticalField, _ unit: LayerUnit, _ world: InputWorld,
    _ response: (map: ResponseMap, contrast: Float)?
  ) -> JSONValue {
    func box(_ ranges: [ClosedRange<Int>]) -> JSONValue {
      ["low": .integers(ranges.map(\.lowerBound)), "high": .integers(ranges.map(\.upperBound))]
    }
    let sizes = world.affine.voxelSizes
    let centre = world.affine.worldPoint(
      i: theoretical.centre[0], j: theoretical.centre[1], k: theoretical.centre[2])
    return [
      "unit": .string(unit.text), "voxel_mm": .numbers(sizes),
      "theoretical": [
        "size_voxels": .integers(theoretical.size),
        "size_mm": .numbers(zip(theoretical.size, sizes).map { Double($0) * $1 }),
        "centre_voxels": .numbers(theoretical.centre), "centre_mm": .numbers([centre.x, centre.y, centre.z]),
        "box": box(theoretical.box), "sees_everything": .bool(theoretical.seesEverything),
      ],
      "measured": [
        "size_voxels": .number(measured.size), "size_mm": .number(measured.size * world.voxelEdge),
        "voxels": .integer(measured.voxels), "box": box(measured.box), "largest": .single(measured.largest),
        "images": .integer(measured.samples),
      ],
      "response": response.map { ["passes": .integer($0.map.passes), "contrast": .single($0.contrast)] } ?? .null,
    ]
  }

  private static func cell(_ text: String) throws(PellucidError) -> [Int] {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 3, !numbers.contains(nil) else {
      throw .init(.usage, what: "--at \(text) is not a cell", remedy: "write it as d,h,w, such as --at 4,5,4")
    }
    return numbers.compactMap { $0 }
  }

  private static func stimulus(_ text: String) throws(PellucidError) -> (radius: Double, contrast: Float?) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard (1...2).contains(parts.count), let radius = parts[0], radius > 0, radius < 1000, !parts.contains(nil) else {
      throw .init(
        .usage, what: "--ball \(text) is not a radius in mm, or radius:contrast", remedy: "write it as --ball 5:2")
    }
    return (radius, parts.count == 2 ? parts[1].map { Float($0) } : nil)
  }
}
