package import PellucidAttribution
package import PellucidFaults
package import PellucidTensors

// Maps on the network's own grid, for whoever measures them there.
extension Explainer {
  /// What methods are told of a case.
  package func subject(of subject: Case) throws(PellucidError) -> Subject { try subject.subject.value() }

  /// The score that a question asks for.
  /// - Parameter kind: the scale where target and classes leave it open.
  package func score(of question: Question, on kind: ScoreKind) -> ScoreFunction {
    let kind = question.target.scale ?? (question.classes.haveProbabilities ? kind : .logit)
    return ScoreFunction(network: question.network, classes: question.classes, target: question.target, kind: kind)
  }

  /// A method's map of a case, on the scale of the options or else the method's own, and that scale.
  /// - Parameter image: the network's input; nil: the case's.
  package func relevance(
    of subject: Case, _ question: Question, by method: any AttributionMethod, image: Tensor? = nil,
    progress: any ProgressObserver = SilentProgress()
  ) throws(PellucidError) -> (map: Relevance, kind: ScoreKind) {
    let score = score(of: question, on: options.score ?? type(of: method).defaultScore)
    let own = try self.subject(of: subject)
    let asked = image.map { own.with(image: $0) } ?? own
    do {
      return (try method.relevance(of: asked, to: score, progress: progress), score.kind)
    } catch {
      throw located(error, subject)
    }
  }
}

extension Subject {
  /// The same with another image on the same grid.
  fileprivate func with(image: Tensor) -> Subject {
    Subject(
      image: image, background: background, labels: labels, regions: regions, gridAxes: gridAxes,
      voxelSizes: voxelSizes, world: world, files: files)
  }
}
