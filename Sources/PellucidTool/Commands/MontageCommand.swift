import ArgumentParser
import PellucidAtlases
import PellucidFaults
import PellucidFigures
import PellucidVolumes

struct MontageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "montage", abstract: "Draws slices of a scan, with maps over them.",
    discussion: """
      For example, the hippocampi; two methods on the same slices; what two maps differ in, as a glass brain:

        pellucid montage t1.nii.gz --overlay lrp.nii.gz --at z=-20,z=-8 \\
          --contours aal:Hippocampus_L,Hippocampus_R --out hippocampi.png
        pellucid montage t1.nii.gz --overlay LRP=lrp.nii.gz \\
          --overlay Grad-CAM=cam.nii.gz --scale own --out methods.pdf
        pellucid montage t1.nii.gz --difference after.nii.gz before.nii.gz \\
          --glass --out change.svg

      Slices are cut along the axes of the world, also where the scan's own axes are oblique; where relevance is, unless --at \
      says where or --slices even spreads them over the head. The picture says which side is left and what the colours mean.
      """)

  @Argument(help: ArgumentHelp("The anatomy (NIfTI, Analyze or .mgz).", valueName: "image"))
  var image: String

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The map drawn over it, on any grid of the same world; several make a row each, on the same slices.",
      valueName: "[name=]map"))
  var overlay: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Two maps, of which the first minus the second is drawn, below the others.", valueName: "map map"))
  var difference: [String] = []

  @OptionGroup(title: "Slices") var slicing: SliceOptions
  @OptionGroup(title: "Colours") var colours: ColourOptions
  @OptionGroup(title: "Regions") var regions: ContourOptions
  @OptionGroup(title: "Picture") var picture: PictureOptions

  @Option(
    help: ArgumentHelp(
      "Voxels that are NaN or infinite: refuse, or take as zero (default: zero for what is drawn, refuse for the atlas of --contours).",
      valueName: "policy"))
  var nan: NonFinitePolicy?

  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    var options = MontageOptions()
    try slicing.apply(to: &options)
    try colours.apply(to: &options)
    options.title = picture.title
    options.subtitle = picture.subtitle
    options.dotsPerInch = picture.dpi
    if let label = picture.label { options.label = label }
    if let width = picture.width { options.width = width }
    if let page = try picture.page() { options.background = page }
    _ = try picture.format()
    if options.crop == .regions, regions.contours == nil { throw PellucidError.zoomWithoutContours() }
    let maps = try chosenMaps()
    let anatomy = try read(image)
    options.contours = try regions.load(on: anatomy, file: image, nan: nan ?? .refuse)
    let layers = try load(maps, over: anatomy)
    try checkPlaces(anatomy, options)
    if layers.count == 1 {
      options.label = layers[0].label ?? options.label
      if options.sign == .automatic, let sign = layers[0].sign { options.sign = sign }
    } else if picture.label == nil {
      // One bar for maps of several units has none.
      options.label = MapUnit.label("relevance", MapUnit.shared(by: maps.joined().map(\.path)))
    }
    let montage =
      layers.count > 1
      ? try Montage(anatomy: anatomy, comparing: layers, sharedScale: colours.isShared(), options: options)
      : try Montage(anatomy: anatomy, overlay: layers.first?.map, options: options)
    try picture.write(montage)
  }

  /// The maps asked for, without reading them: files, and last the difference of two.
  private func chosenMaps() throws(PellucidError) -> [[NamedFile]] {
    guard [0, 2].contains(difference.count) else { throw .differenceOfTwo(difference.count) }
    return overlay.map { [NamedFile($0)] } + (difference.isEmpty ? [] : [difference.map { NamedFile($0) }])
  }

  /// An image to draw; what was mended in it is told.
  private func read(_ path: String) throws(PellucidError) -> Volume {
    let volume = try Volume(contentsOf: path, nan: nan ?? .zero)
    StandardError.tell(volume.notes, of: path)
    return volume
  }

  private func load(_ maps: [[NamedFile]], over anatomy: Volume) throws(PellucidError) -> [Montage.Layer] {
    let box = WorldBox(around: anatomy.shape, affine: anatomy.affine)
    var layers: [Montage.Layer] = []
    for files in maps {
      var volumes: [Volume] = []
      for file in files {
        let volume = try read(file.path)
        let other = WorldBox(around: volume.shape, affine: volume.affine)
        guard (0..<3).allSatisfy({ other.low[$0] < box.high[$0] && box.low[$0] < other.high[$0] }) else {
          throw .overlayElsewhere(file.path, spans: spans(other, 0..<3), image: image, imageSpans: spans(box, 0..<3))
        }
        Self.tell(volume, file.path)
        volumes.append(volume)
      }
      let map = volumes.count == 2 ? try volumes[0].difference(from: volumes[1]) : volumes[0]
      let name = files.map(\.shown).joined(separator: " − ")
      if !map.voxels.contains(where: { $0 != 0 && $0.isFinite }) {
        StandardError.write("pellucid: note: \(name): every value is 0; the picture shows no relevance")
      }
      let unit = MapUnit.shared(by: files.map(\.path))
      layers.append(
        Montage.Layer(
          map, name: name, label: picture.label ?? MapUnit.label(files.count == 2 ? name : "relevance", unit),
          sign: files.count == 2 ? .signed : nil))
    }
    return layers
  }

  /// What was decided about an image while it was read, as that NaN counts as 0.
  private static func tell(_ volume: Volume, _ file: String) {
    for note in volume.notes { StandardError.write("pellucid: note: \(file): \(note.what); \(note.how)") }
  }

  /// Slices must lie where the image is; a picture without them would look as if there were no relevance.
  private func checkPlaces(_ anatomy: Volume, _ options: MontageOptions) throws(PellucidError) {
    let box = WorldBox(around: anatomy.shape, affine: anatomy.affine)
    if case .box(let wanted) = options.crop,
      !(0..<3).allSatisfy({ wanted.low[$0] < box.high[$0] && box.low[$0] < wanted.high[$0] })
    {
      throw .zoomOutside(slicing.zoom, file: image, spans: spans(box, 0..<3))
    }
    for position in options.positions ?? [] {
      let axes = options.planes.map(\.normal)
      guard axes.contains(where: { box.low[$0] <= position && position <= box.high[$0] }) else {
        throw .positionOutside(position, file: image, spans: spans(box, axes.sorted()))
      }
    }
    for (plane, places) in options.cuts {
      let (low, high) = (box.low[plane.normal], box.high[plane.normal])
      if let odd = places.first(where: { !(low <= $0 && $0 <= high) }) {
        throw .positionOutside(odd, file: image, spans: spans(box, [plane.normal]))
      }
    }
  }

  private func spans(_ box: WorldBox, _ axes: some Sequence<Int>) -> String {
    axes.map { "\(["x", "y", "z"][$0]) \(box.low[$0].words()) to \(box.high[$0].words())" }.joined(
      separator: ", ") + " mm"
  }
}
