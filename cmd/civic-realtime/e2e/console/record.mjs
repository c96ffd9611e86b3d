// A town's by-law and other records, and the people who write them, for the pictures in the README.
export const bylaw = [
  ['heading', 'By-law 2026-14 on dogs in public parks'],
  ['paragraph', 'The council of the Town of Saint-Ambroise enacts as follows.'],
  ['heading', '1. Leads'],
  ['paragraph', 'A dog in a park is on a lead of at most 1.85 m, except where section 2 says otherwise.'],
  ['heading', '2. Areas without leads'],
  ['paragraph', 'From 6:00 to 9:00 dogs may run free in the meadow east of the rue des Érables.'],
  ['heading', '3. Fines'],
  ['paragraph', 'Whoever contravenes section 1 is liable to a fine of $50, and of $100 for a second offence.'],
  ['heading', '4. Coming into force'],
  ['paragraph', 'This by-law comes into force on the day of its publication.']
]

// additions are what people type while the pictures are made, each at the end of a paragraph.
export const additions = [
  'The owner carries what is needed to clean up after the dog. ',
  'Assistance dogs are exempt. ',
  'Signs at every entrance show the hours. ',
  'The director of public works may close the meadow after heavy rain. ',
  'Le présent règlement est affiché à l’hôtel de ville. ',
  'A report is made to the council every year. '
]

// records are rooms, each with the people in it.
export const records = {
  'by-law-2026-14': ['Amélie Tremblay', 'Jean-Marc Gagnon', 'Sarah Cohen', 'Nguyễn Văn An'],
  'council-minutes-2026-11-16': ['Louise Bouchard', 'Marc Pelletier', 'Priya Raman'],
  'budget-2027': ['Denis Côté', 'Hélène Roy'],
  'procès-verbal-novembre': ['Geneviève Lavoie', 'Jean-Marc Gagnon'],
  'zoning-plan-north': ['Ahmed Benali', 'Claire Fortin', 'Tom O’Neill'],
  'snow-removal-policy': ['Sophie Morin'],
  'library-opening-hours': ['Isabelle Girard', 'Mathieu Bergeron'],
  'plan-stratégique-2030': ['Louise Bouchard', 'Denis Côté', 'Claire Fortin'],
  'noise-by-law-2025-03': ['Sarah Cohen'],
  'water-main-rue-principale': ['Ahmed Benali', 'Sophie Morin'],
  'festival-permit-2026': ['Mathieu Bergeron'],
  'code-of-ethics': ['Hélène Roy', 'Priya Raman']
}
