/** Events of event-ruler's README and tests, cut to what the rules look at. */

export const README_EVENT = {
  version: '0',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  time: '2017-10-02T16:24:49Z',
  resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000'],
  detail: {
    'c-count': 5,
    'd-count': 3,
    'x-limit': 301.8,
    'source-ip': '10.0.0.33',
    'instance-id': 'i-000000aaaaaa00000',
    state: 'running',
  },
};

export const RFC_EVENT = {
  Image: {
    Width: 800,
    Height: 600,
    Title: 'View from 15th Floor',
    Thumbnail: { Url: 'http://www.example.com/image/481989943', Height: 125, Width: 100 },
    Animated: false,
    IDs: [116, 943, 234, 38793],
  },
};

export const STAFF = {
  employees: [
    [
      { firstName: 'John', lastName: 'Doe', ids: [1234, 1000, 9999] },
      { firstName: 'Anna', lastName: 'Smith' },
    ],
    [{ firstName: 'Peter', lastName: 'Jones', ids: [] }],
  ],
};

export const SONGS = {
  Year: 1966,
  Genres: [{ Pop: true }, { Classical: false }],
  Songs: [
    {
      Name: 'Paperback Writer',
      Writers: [
        { First: 'John', Last: 'Lennon' },
        { First: 'Paul', Last: 'McCartney' },
      ],
    },
    {
      Name: 'Paint It Black',
      Writers: [
        { First: 'Mick', Last: 'Jagger' },
        { First: 'Keith', Last: 'Richards' },
      ],
    },
  ],
};

const named = [{ context: { faces: [{ name: 'Dummy' }] } }];
const other = { state: 'InACTIVE', provider: { id: 'other' }, resources: named };

/** In the first event the active task's resources have no such context, in the second they do. */
export const TASKS = [
  { tasks: [{ state: 'ACTIVE', provider: { id: 'X' }, resources: [{ focus: 'x' }] }, other] },
  { tasks: [{ state: 'ACTIVE', provider: { id: 'X' }, resources: named }, other] },
] as const;
