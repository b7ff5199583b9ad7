internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidPreprocessing
internal import PellucidTensors
internal import PellucidVolumes

/// Reads the files that a method's options name, and brings their images to a scan's place.
struct ScanFiles: OptionFiles {
  /// Where the scan lies.
  let world: ScanWorld
  /// What to do with voxels that are not finite.
  let nan: NonFinitePolicy
  /// Prepares other scans as this one was.
  let explainer: Explainer
  /// Hears what was decided while files were read.
  let heard = HeardNotes()

  private var prepared: PreparedScan { world.prepared }
  private var path: GridPath { world.prepared.path }

  func composite(_ path: String) throws(PellucidError) -> CompositeRecipe { try explainer.composites.composite(path) }

  /// Intensities are matched over the voxels where both template and scan are other than 0, channel by channel.
  ///
  ///     t′ = (t − mean t)·(sd x / sd t) + mean x        x: the network's input
  ///
  /// where the template is 0, t′ is the input's mean where the scan is 0.
  func template(_ file: String) throws(PellucidError) -> Tensor {
    let volume = try Volume(contentsOf: file, nan: nan)
    heard.add(volume.notes, of: file)
    let channels = prepared.input.shape[1]
    guard volume.channels == channels else {
      throw .templateChannels(file, found: volume.channels, wanted: channels)
    }
    let placed = volume.resampled(onto: path.modelGrid.shape, affine: path.modelGrid.affine)
    var values = path.tensor(of: placed).values
    let input = prepared.input.ordered(.rowMajor).values
    let brain = world.brain()
    for channel in 0..<channels {
      let begin = channel * brain.count
      let overlap = brain.indices.filter { brain[$0] && values[begin + $0] != 0 }
      guard !overlap.isEmpty else { throw .templateElsewhere(file) }
      let own = Moments(overlap.map { values[begin + $0] })
      let wanted = Moments(overlap.map { input[begin + $0] })
      let empty = brain.indices.filter { !brain[$0] }
      let nothing = Moments(empty.map { input[begin + $0] }).mean.map { Float($0) } ?? world.backgrounds[channel]
      let (deviation, wantedDeviation) = (own.populationDeviation ?? 0, wanted.populationDeviation ?? 0)
      let factor = deviation > 0 ? wantedDeviation / deviation : 0
      let (ownMean, wantedMean) = (own.mean ?? 0, wanted.mean ?? 0)
      for n in brain.indices {
        let value = Double(values[begin + n])
        values[begin + n] = value == 0 ? nothing : Float((value - ownMean) * factor + wantedMean)
      }
    }
    return Tensor(values, shape: prepared.input.shape)
  }

  /// Placed, it must cover at least half of the subject's part of the model's grid; the rest becomes background.
  func input(of file: String, placed: Bool) throws(PellucidError) -> (image: Tensor, covered: Double) {
    let scan = try Scan(reading: ScanReference(file), nan: nan)
    let other = try explainer.prepared(scan)
    heard.add(scan.volumes.flatMap(\.notes) + other.notes, of: file)
    let (grid, own) = (other.path.modelGrid, path.modelGrid)
    let isThere =
      grid.shape == own.shape && zip(grid.affine.elements, own.affine.elements).allSatisfy { abs($0 - $1) < 1e-4 }
    guard placed, !isThere else { return (other.input, 1) }
    let theirs = other.path.maskOfFilled(seenFrom: own)
    let mine = path.maskOfFilled(seenFrom: own)
    let all = mine.reduce(0, +)
    let shared = zip(mine, theirs).reduce(0) { $0 + $1.0 * $1.1 }
    let covered = Double(shared / max(1, all))
    guard covered >= 0.5 else { throw .baselineElsewhere(file, share: covered) }
    let volume = other.path.back(other.input, extensive: false, onModelGrid: true)
    return (world.onGrid(volume), covered)
  }

  func scans(inFolder folder: String) throws(PellucidError) -> [String] {
    guard case .folder = FileKind.at(folder) else { throw .noFolder(folder) }
    guard let names = FileContents.names(inFolder: folder) else { throw .noFolder(folder) }
    let scans = ImageName.images(among: names)
    guard !scans.isEmpty else { throw .noScans(folder) }
    let slash = folder.hasSuffix("/") ? folder : folder + "/"
    return scans.sorted().map { slash + $0 }
  }
}

extension GridPath {
  /// 1 at the voxels of a grid that lie where this path's model grid holds voxels of its scan, else 0; i fastest.
  fileprivate func maskOfFilled(seenFrom grid: (shape: GridShape, affine: Affine)) -> [Float] {
    let shape = modelGrid.shape
    var mask = Volume(shape: shape, voxels: [Float](repeating: 0, count: shape.count), affine: modelGrid.affine)
    for k in filled.k {
      for j in filled.j { for i in filled.i { mask.voxels[i + shape.i * (j + shape.j * k)] = 1 } }
    }
    return mask.resampled(onto: grid.shape, affine: grid.affine, interpolation: .nearest).voxels
  }
}
