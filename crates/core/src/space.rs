use crate::{Architecture, CellDiagram, CellGraph, SpaceError, StudyRng, listing};

/// What can be built: the set of architectures, and how to move about in it.
///
/// Methods that take an architecture expect one of this space (made by `sample`, `mutate`, `neighbors`, `canonical` or
/// `parse`, or accepted by [`validate`](Self::validate)); with any other they may panic.
pub trait SearchSpace: Send + Sync {
    /// The name by which configurations call the space.
    fn name(&self) -> &str;

    /// One sentence for people who list the spaces.
    fn description(&self) -> &str;

    /// Number of architectures, isomorphic ones counted apart.
    fn size(&self) -> u128;

    /// Names of the operations of [`graph`](Self::graph), in the order of their indices; inputs and outputs included.
    fn vocabulary(&self) -> Vec<String>;

    /// Checks that decisions are an architecture of this space.
    ///
    /// # Errors
    /// [`SpaceError::Outside`] with the rule that is broken.
    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError>;

    /// Draws an architecture uniformly.
    fn sample(&self, rng: &mut StudyRng) -> Architecture;

    /// Changes one decision of the parent at random; the child always differs from its parent.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture;

    /// Every architecture that one mutation can reach, each once, without the architecture itself.
    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture>;

    /// The representative of all architectures isomorphic to this one: the key of every trial.
    fn canonical(&self, architecture: &Architecture) -> Architecture;

    /// The one that stands for all architectures that compute the same as this one whatever they learn, in canonical form: what reaches no
    /// output is left out, and a wire is as good as another way to the same place. Where a space does not tell, the canonical form.
    ///
    /// Tables keep these apart, since every row was trained on its own; who trains need not.
    fn representative(&self, architecture: &Architecture) -> Architecture {
        self.canonical(architecture)
    }

    /// The graph a surrogate sees. Isomorphic architectures have isomorphic graphs.
    fn graph(&self, architecture: &Architecture) -> CellGraph;

    /// The cells as people draw them.
    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram>;

    /// Reads any text form of the space. `parse(format(a)) == a`.
    ///
    /// # Errors
    /// With the place and what was expected there.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError>;

    /// Writes the text form that the field already uses.
    fn format(&self, architecture: &Architecture) -> String;

    /// Every architecture in canonical form, distinct and sorted; `None` where [`size`](Self::size) is above `most`, or where following
    /// neighbours does not lead everywhere. The answer depends on nothing but the space.
    fn list(&self, most: usize) -> Option<Vec<Architecture>> {
        listing::list(self, most)
    }
}
