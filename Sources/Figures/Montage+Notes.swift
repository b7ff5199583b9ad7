internal import PellucidTables
internal import PellucidVolumes

extension Montage {
  /// What a reader must know to read the picture.
  static func notes(
    _ scales: [OverlayScale], of scan: Volume, window: AnatomyWindow, planes: [SlicePlane], options: MontageOptions
  ) -> [String] {
    var notes = [options.convention == .neurological ? "Neurological: left is left" : "Radiological: left is right"]
    if scan.affine.isOblique { notes.append("oblique scan, cut along the axes of the world") }
    if window.isConstant { notes.append("the scan is constant") }
    if options.glass { notes.append("strongest relevance along each line of sight") }
    let thin = options.planes.filter { !planes.contains($0) }.map(\.rawValue)
    if !thin.isEmpty { notes.append("too thin for \(thin.joined(separator: " and ")) slices") }
    let shown = scales.filter { $0.emptiness == nil }
    guard let scale = shown.first else { return notes }
    notes.append(limits(shown, scale, options))
    if shown.contains(where: \.hidesSign) {
      notes.append(scale.high > 0 ? "negative values are not drawn" : "positive values are not drawn")
    }
    if options.threshold > 0 {
      let value = shown.count == 1 ? " (\(NumberText.short(Double(scale.threshold))))" : ""
      notes.append("hidden below percentile \(NumberText.short(options.threshold))\(value)")
    }
    let opacity = "opacity rises to \(NumberText.short(options.alpha)) at half the limit"
    notes.append(options.background == .white && !options.glass ? opacity + ", beside the head from there on" : opacity)
    return notes
  }

  /// Where the colours end, and why there.
  private static func limits(_ shown: [OverlayScale], _ scale: OverlayScale, _ options: MontageOptions) -> String {
    let percentile = "\(NumberText.short(options.limitPercentile))th percentile of |R|"
    guard Set(shown.map { [$0.low, $0.high] }).count == 1 else { return "colours to the \(percentile)" }
    let (low, high) = (Double(scale.low), Double(scale.high))
    let ends =
      -low == high
      ? "to ±" + NumberText.short(high)
      : low == 0 ? "to " + NumberText.short(high) : "from \(NumberText.short(low)) to \(NumberText.short(high))"
    let why = options.range == nil && options.limit == nil ? percentile : "given"
    let largest = NumberText.short(Double(shown.map(\.largest).max() ?? 0))
    return "colours \(ends) (\(why)), largest |R| \(largest)"
  }
}

extension Affine {
  /// True where an axis of the grid is more than half a degree away from every axis of the world.
  fileprivate var isOblique: Bool {
    let sizes = voxelSizes
    return (0..<3).contains { column in
      let steepest = (0..<3).map { abs(self[$0, column]) }.max() ?? 0
      // cos 0.5°
      return steepest < 0.99996192 * sizes[column]
    }
  }
}
