public import PellucidFaults
public import PellucidVolumes

/// Simulated atrophy in a scan: chosen regions are drawn together, and fluid fills the room that they leave.
///
/// The displacement is a diffeomorphism (``InwardField``, integrated by scaling and squaring) whose strength is found so that the regions
/// lose the wanted part of their volume. Where a region was and no longer is, fluid is mixed in by the part of the voxel that it left, most
/// where fluid is near.
public struct PlantedAtrophy: Sendable {
  /// The scan with the atrophy, on its own grid.
  public let scan: Volume
  /// 1 where the scan was changed.
  public let truth: Volume
  /// Three volumes: for each voxel, along x, y, z (mm, RAS+), from where its value comes.
  public let displacement: Volume
  /// The part of the regions' volume that is lost.
  public let loss: Double
  /// Volume of the regions before and after, mm³.
  public let volumes: (before: Double, after: Double)
  /// Grey value of fluid that was mixed in.
  public let fluidValue: Float
  /// How far anything moved at most, mm.
  public let largestShift: Double

  /// Plants atrophy.
  ///
  /// - Parameters:
  ///   - scan: a T1-weighted scan, one volume, fluid darker than tissue.
  ///   - labels: a label a voxel of the scan.
  ///   - regions: the labels that shrink.
  ///   - loss: the part of their volume that is lost, above 0 and at most 0.8.
  ///   - fluid: grey value of cerebrospinal fluid; nil: the 2nd percentile of what is labelled.
  /// - Throws: `.badData` where no voxel has these labels, what is labelled has no tissue, or the loss cannot be reached.
  public init(
    in scan: Volume, labels: [Int32], regions: Set<Int32>, loss wanted: Double, fluid: Float? = nil
  ) throws(PellucidError) {
    precondition(labels.count == scan.shape.count, "a label a voxel")
    guard scan.channels == 1 else { throw .plantChannels(scan.channels) }
    let inRegion = labels.map { regions.contains($0) }
    guard let box = Self.box(of: inRegion, scan) else { throw .plantNothing() }
    let known = labels.indices.filter { labels[$0] != 0 && scan.voxels[$0] != 0 }.map { scan.voxels[$0] }.sorted()
    guard known.count > 100 else { throw .plantEmpty() }
    let grey = known[known.count / 2]
    let fluidValue = fluid ?? known[known.count / 50]
    guard fluidValue < grey else { throw .plantFluid(fluidValue, grey) }
    let own = labels.indices.filter { inRegion[$0] }.map { scan.voxels[$0] }
    // Between fluid and tissue, where the sample patient has it.
    let edge = fluidValue + 0.69 * (grey - fluidValue)
    guard own.contains(where: { $0 > edge }) else { throw .plantEmpty() }
    let (extents, sizes) = (box.map(\.count), scan.affine.voxelSizes)
    let places = Self.places(of: box, scan.shape)
    let region = places.map { inRegion[$0] ? Float(1) : 0 }
    let head = places.map { labels[$0] != 0 || scan.voxels[$0] != 0 }
    let wet = places.indices.map { n in
      head[n] ? min(1, max(0, (edge - scan.voxels[places[n]]) / (edge - fluidValue))) : 0
    }
    let field = InwardField(region: region, fluid: wet, extents: extents, sizes: sizes)
    let before = Double(region.reduce(0, +))
    func volume(_ strength: Double) -> (part: Double, back: [[Float]]) {
      let back = field.displacement(-strength)
      let after = field.sampled(region, at: back).reduce(0.0) { $0 + Double($1) }
      return (1 - after / before, back)
    }
    var (low, high) = (0.0, 1.0)
    while volume(high).part < wanted, high < 16 { high *= 2 }
    var found = volume(high)
    guard found.part >= wanted else { throw .plantTooMuch(wanted, found.part) }
    for _ in 0..<10 where abs(found.part - wanted) > 0.002 {
      let middle = (low + high) / 2
      found = volume(middle)
      if found.part < wanted { low = middle } else { high = middle }
    }
    let back = found.back.map { axis in axis.map { abs($0) < 1e-4 ? 0 : $0 } }
    // Borders of labels are blocky; what is left is not.
    let soft = InwardField.smoothed(region, 1, extents, sizes)
    let kept = field.sampled(soft, at: back)
    let nearFluid = InwardField.smoothed(wet, 1.5, extents, sizes)
    let values = places.map { scan.voxels[$0] }
    let moved = field.sampled(values, at: back)
    var planted = scan
    var truth = Volume(
      shape: scan.shape, voxels: [Float](repeating: 0, count: scan.shape.count), affine: scan.affine, space: scan.space)
    var shifts = [Float](repeating: 0, count: 3 * scan.shape.count)
    var largest = 0.0
    let least = 0.005 * abs(grey - fluidValue)
    for (n, place) in places.enumerated() {
      let hasMoved = back[0][n] != 0 || back[1][n] != 0 || back[2][n] != 0
      var value = hasMoved ? moved[n] : values[n]
      let left = max(0, soft[n] - kept[n]) * min(1, 0.35 + 1.3 * nearFluid[n])
      if value > fluidValue { value += left * (fluidValue - value) }
      if abs(value - values[n]) > least {
        planted.voxels[place] = value
        truth.voxels[place] = 1
      }
      let voxels = (0..<3).map { Double(back[$0][n]) / sizes[$0] }
      var square = 0.0
      for row in 0..<3 {
        let shift = (0..<3).reduce(0.0) { $0 + scan.affine[row, $1] * voxels[$1] }
        shifts[row * scan.shape.count + place] = Float(shift)
        square += shift * shift
      }
      largest = max(largest, square.squareRoot())
    }
    self.scan = planted
    self.truth = truth
    displacement = Volume(shape: scan.shape, channels: 3, voxels: shifts, affine: scan.affine, space: scan.space)
    loss = found.part
    let voxel = abs(scan.affine.determinant)
    volumes = (before * voxel, before * voxel * (1 - found.part))
    (self.fluidValue, largestShift) = (fluidValue, largest)
  }

  /// The box around the regions with room for all that moves; nil where there are none.
  private static func box(of inRegion: [Bool], _ scan: Volume) -> [Range<Int>]? {
    let extents = scan.shape.extents
    var (lower, upper) = (extents, [-1, -1, -1])
    for place in inRegion.indices where inRegion[place] {
      let index = [place % extents[0], place / extents[0] % extents[1], place / (extents[0] * extents[1])]
      for axis in 0..<3 {
        lower[axis] = min(lower[axis], index[axis])
        upper[axis] = max(upper[axis], index[axis])
      }
    }
    guard upper[0] >= 0 else { return nil }
    return (0..<3).map { axis in
      let margin = Int((InwardField.reach + 4) / scan.affine.voxelSizes[axis]) + 2
      return max(0, lower[axis] - margin)..<min(extents[axis], upper[axis] + margin + 1)
    }
  }

  private static func places(of box: [Range<Int>], _ shape: GridShape) -> [Int] {
    box[2].flatMap { k in box[1].flatMap { j in box[0].map { $0 + shape.i * (j + shape.j * k) } } }
  }
}

extension PellucidError {
  static func plantChannels(_ count: Int) -> Self {
    .init(
      .badData, what: "the scan holds \(count) volumes", why: "atrophy is planted in one", remedy: "give a 3D image")
  }

  static func plantNothing() -> Self {
    .init(
      .badData, what: "no voxel of the scan lies in the regions",
      remedy: "look whether the atlas's image has them, and lies where the scan does")
  }

  static func plantEmpty() -> Self {
    .init(
      .badData, what: "there is no tissue in the regions that could be lost",
      why: "their voxels are as dark as fluid, or empty", remedy: "choose other regions, or state the fluid with `csf`")
  }

  static func plantFluid(_ fluid: Float, _ grey: Float) -> Self {
    .init(
      .badData, what: "fluid (\(fluid)) is not darker than tissue (\(grey))",
      why: "atrophy is planted in T1-weighted scans",
      remedy: "state the fluid's value with `csf`")
  }

  static func plantTooMuch(_ loss: Double, _ reached: Double) -> Self {
    .init(
      .badData, what: "a loss of \(loss) cannot be reached",
      why: "a smooth deformation gets to \(Int(100 * reached)) %",
      remedy: "give a smaller `loss`, or larger regions")
  }
}
