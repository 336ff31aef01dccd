"""Resource Access Management: the roles of a ROS template, what they may do, and the API by which they are read."""
