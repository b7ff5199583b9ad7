internal import PellucidAtlases
internal import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidPages
internal import PellucidResults
internal import PellucidVolumes
internal import Synchronization

/// The scans of a viewer's folders: read, explained further and asked when a page wants it.
///
/// Everything here runs on the engine's thread, but for ``stems``.
final class ViewedScans: Sendable {
  private struct Opened {
    var read: ReadScan
    var more: [PageMap] = []
    var page: [UInt8]?
    var subject: Explainer.Case?
  }

  private let scans: [StoredScan]
  private let images: String?
  private let classifier: Classifier?
  /// The scans opened so far; volumes are large, so that only the last few are kept.
  private let opened = Mutex<[(number: Int, scan: Opened)]>([])
  private static let kept = 3

  init(_ scans: [StoredScan], images: String?, classifier: Classifier?) {
    (self.scans, self.images, self.classifier) = (scans, images, classifier)
  }

  /// The scans' names.
  var stems: [String] { scans.map(\.stem) }
  var hasModel: Bool { classifier != nil }

  /// The page of a scan.
  func page(_ number: Int) throws(PellucidError) -> [UInt8] {
    var scan = try open(number)
    if let page = scan.page { return page }
    let page = try scan.read.page(with: scan.more, isServed: true).html
    scan.page = page
    keep(number, scan)
    return page
  }

  /// What the network says with a lesion, with the keys of `pellucid lesion`.
  func lesion(_ number: Int, at centre: WorldPoint, radius: Double, fill: String) throws(PellucidError) -> JSONValue {
    let (explainer, subject) = try prepared(number)
    guard radius > 0, radius <= 1000 else { throw .viewRadius(radius) }
    let made = try Fill(OptionValues(["fill": fill]))
    let lesion = try explainer.lesion(subject, at: centre, radius: radius, fill: made)
    return lesion.json(subject, at: centre, radius: radius, fill: made)
  }

  /// Explains a scan by a method as the command line writes it; the map joins the page.
  /// - Returns: the map's name in the page.
  func explain(
    _ number: Int, method text: String, target: String, progress: any ProgressObserver
  ) throws(PellucidError) -> String {
    let variants = try MethodVariant.list(parsing: text)
    guard variants.count == 1, let variant = variants.first else { throw .viewMethods(variants.count) }
    let (explainer, subject) = try prepared(number)
    let question = try explainer.question(for: subject, target: target.isEmpty ? nil : target)
    var explanation = try explainer.explain(subject, question, by: try variant.make(), progress: progress)
    explanation.caption = variant.name
    var scan = try open(number)
    let label = "\(variant.fileLabel)_\(FileLabel.distinct([question.target.name])[0])"
    scan.more.removeAll { $0.id == label }
    scan.more.append(PageMap(explanation, id: label))
    scan.page = nil
    keep(number, scan)
    return label
  }

  private func prepared(_ number: Int) throws(PellucidError) -> (Explainer, Explainer.Case) {
    guard let classifier else { throw .viewWithoutModel() }
    var scan = try open(number)
    var options = Explainer.Options()
    options.nan = .zero
    options.target = scans[number].record.target.name
    options.atlas = scan.read.atlas?.atlas
    let explainer = Explainer(classifier, options: options)
    if let subject = scan.subject { return (explainer, subject) }
    let subject = try explainer.prepare(ScanReference(scans[number].record.image))
    scan.subject = subject
    keep(number, scan)
    return (explainer, subject)
  }

  private func open(_ number: Int) throws(PellucidError) -> Opened {
    if let found = opened.withLock({ all in all.first { $0.number == number }?.scan }) { return found }
    let scan = Opened(read: try scans[number].read(lookingIn: images))
    keep(number, scan)
    return scan
  }

  private func keep(_ number: Int, _ scan: Opened) {
    opened.withLock { all in
      all.removeAll { $0.number == number }
      all.append((number, scan))
      all = all.suffix(Self.kept)
    }
  }
}
